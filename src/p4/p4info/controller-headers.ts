/**
 * Headers with `@controller_header("packet_in")` or "packet_out": what stands in front of a packet on its way to and from the control plane
 * (P4Runtime specification, "ControllerPacketMetadata").
 */
import { irAnnotations, nameAnnotation } from '../ir/lower/names.ts';
import type * as ast from '../syntax/ast.ts';
import type { CheckedProgram } from '../types/checked.ts';
import { type Field, widthOf } from '../types/index.ts';
import { annotationTexts } from './annotations.ts';
import { assignIds } from './ids.ts';
import type { ControllerPacketMetadata } from './p4info.ts';
import { type TypeTable, translationOf } from './types.ts';

/** In the order of declaration; ids come from the type's name, fields are numbered from 1 unless `@id(n)` says otherwise. */
export function controllerHeaders(checked: CheckedProgram, types: TypeTable): ControllerPacketMetadata[] {
  const headers = checked.program.declarations.flatMap((declaration) => {
    if (declaration.kind !== 'headerType') return [];
    const annotations = irAnnotations(declaration.annotations);
    const name = annotations.find((a) => a.name === 'controller_header')?.body;
    const type = checked.typeOfDeclaration(declaration);
    return name === undefined || type.kind !== 'header' ? [] : [{ name, declared: nameOf(declaration), annotations, type }];
  });
  const ids = assignIds(
    'controllerHeader',
    headers.map((h) => h.declared),
  );
  return headers.map(({ name, declared, annotations, type }) => ({
    preamble: { id: ids.get(declared)!, name, alias: name, annotations: annotationTexts(annotations) },
    metadata: flatFields(type.fields, '').map(({ path, field }, i) => {
      const own = irAnnotations(field.declaration.annotations);
      const id = Number(own.find((a) => a.name === 'id')?.body ?? i + 1);
      const named = field.type.kind === 'newtype' ? field.type : undefined;
      if (named) types.addNewType(named);
      else types.mention(field.type);
      const translated = named && translationOf(named)?.translatedType;
      return {
        id: Number.isSafeInteger(id) ? id : i + 1,
        name: path,
        annotations: annotationTexts(own),
        bitwidth: translated ? (translated.sdnBitwidth ?? 0) : (widthOf(field.type) ?? 0),
        ...(named && { typeName: { name: named.name } }),
      };
    }),
  }));
}

function nameOf(declaration: ast.HeaderTypeDeclaration): string {
  return nameAnnotation(declaration.annotations) ?? declaration.name.name;
}

/** Fields of a header; those of a struct inside have dotted names. */
function flatFields(fields: readonly Field[], prefix: string): { path: string; field: Field }[] {
  return fields.flatMap((field) =>
    field.type.kind === 'struct'
      ? flatFields(field.type.fields, `${prefix}${field.name}.`)
      : [{ path: `${prefix}${field.name}`, field }],
  );
}
