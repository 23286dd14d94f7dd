/**
 * Headers with `@controller_header("packet_in")` or "packet_out": what stands in front of a packet on its way to and from the control plane
 * (P4Runtime specification, "ControllerPacketMetadata").
 */
import { irAnnotations } from '../ir/lower/names.ts';
import type { CheckedProgram } from '../types/checked.ts';
import { widthOf } from '../types/index.ts';
import { annotationTexts } from './annotations.ts';
import { assignIds } from './ids.ts';
import type { ControllerPacketMetadata } from './p4info.ts';

/** In the order of declaration; fields are numbered from 1 unless `@id(n)` says otherwise. */
export function controllerHeaders(checked: CheckedProgram): ControllerPacketMetadata[] {
  const headers = checked.program.declarations.flatMap((declaration) => {
    if (declaration.kind !== 'headerType') return [];
    const annotations = irAnnotations(declaration.annotations);
    const name = annotations.find((a) => a.name === 'controller_header')?.body;
    return name === undefined ? [] : [{ name, annotations, fields: declaration.fields }];
  });
  const ids = assignIds(
    'controllerHeader',
    headers.map((h) => h.name),
  );
  return headers.map(({ name, annotations, fields }) => ({
    preamble: { id: ids.get(name)!, name, alias: name, annotations: annotationTexts(annotations) },
    metadata: fields.map((field, i) => {
      const type = checked.typeOfRef(field.type);
      const own = irAnnotations(field.annotations);
      const id = Number(own.find((a) => a.name === 'id')?.body ?? i + 1);
      return {
        id: Number.isSafeInteger(id) ? id : i + 1,
        name: field.name.name,
        annotations: annotationTexts(own),
        bitwidth: widthOf(type) ?? 0,
        ...(type.kind === 'newtype' && { typeName: { name: type.name } }),
      };
    }),
  }));
}
