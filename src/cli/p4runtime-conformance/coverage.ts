/**
 * The names of public tests of P4Runtime servers, as a checklist: which case of ours stands for each, or why none does. Names that a case has itself are not
 * listed again below. `--coverage` prints the count; test/p4runtime/coverage.test.ts holds the table to the cases.
 */

/** Names by suite. */
export const publicNames: Readonly<Record<string, string>> = {
  'PI test_proto_fe': `
    .ResourceTypeFromId .PipelineConfigGet .PipelineConfigGetLarge MatchTable.AddAndRead MatchTable.AddAndDelete MatchTable.AddAndModify
    MatchTable.SetDefault MatchTable.GetDefault MatchTable.InvalidSetDefault MatchTable.ResetDefault MatchTable.InvalidTableId MatchTable.InvalidActionId
    MatchTable.MissingMatchField MatchTable.WriteBatchWithError ActionProf.Member ActionProf.CreateDupMemberId ActionProf.BadMemberId ActionProf.Group
    ActionProf.Read ActionProf.ReadOne ActionProf.CreateDupGroupId ActionProf.BadGroupId ActionProf.AddBadMemberIdToGroup ActionProf.InvalidMemberWeight
    ActionProf.MemberWeights ActionProf.MemberWatchPort ActionProf.MemberWatchPortBytes ActionProf.InvalidActionProfId ActionProf.InvalidActionId
    ActionProf.InvalidMaxSize ActionProf.MaxSizeExceeded ActionProf.DuplicateMemberIds ActionProf.MaxSizeModify MatchTableIndirect.Member
    MatchTableIndirect.Group MatchTableIndirect.OneShotInsertAndRead MatchTableIndirect.OneShotInsertAndModify MatchTableIndirect.OneShotInsertAndDelete
    MatchTableIndirect.OneShotInvalidActionWeight MatchTableIndirect.OneShotWeights MatchTableIndirect.OneShotWatchPort
    MatchTableIndirect.OneShotWatchPortBytes MatchTableIndirect.OneShotMaxSizeExceeded OneShotCleanup.MemberCreateError
    OneShotCleanup.MemberCreateErrorCritical OneShotCleanup.GroupCreateError OneShotCleanup.GroupCreateErrorCritical OneShotCleanup.MemberAddError
    MatchTableIndirect.MixedSelectorModes MatchTableIndirect.SetDefault ExactOne.PriorityForNonTernaryMatch ExactOne.ZeroKeyAndDefaultEntry
    DirectMeter.WriteAndRead DirectMeter.WriteInTableEntry DirectMeter.InvalidTableEntry DirectMeter.MissingTableEntry DirectMeter.ReadAllFromTable
    DirectMeter.DefaultEntry DirectMeter.WriteInTableEntryDefault IndirectMeter.WriteAndRead IndirectMeter.WriteAndReadDefault DirectCounter.WriteAndRead
    DirectCounter.InvalidTableEntry DirectCounter.ReadAllFromTable DirectCounter.MissingTableEntry DirectCounter.ReadAll DirectCounter.WriteInTableEntry
    DirectCounter.DefaultEntry DirectCounter.WriteInTableEntryDefault IndirectCounter.WriteAndRead IndirectCounter.ReadAll MatchKeyFormat.Good1
    MatchKeyFormat.Good2 MatchKeyFormat.MkMissingField MatchKeyFormat.MkTooLong MatchKeyFormat.FieldTooShort MatchKeyFormat.FieldTooLong
    MatchKeyFormat.BadLeadingZeros TernaryOne.ValueEqValueAndMask TernaryOne.DontCare TernaryOne.ZeroPriority RangeOne.LowLeHigh RangeOne.DontCare
    LpmOne.TrailingZeros LpmOne.DontCare TernaryTwo.MissingMatchField PREMulticast.Write PREMulticast.WriteStringPorts PREMulticast.Duplicates
    PREMulticast.InvalidId PREMulticast.Read PREMulticast.ReadExcludeGroupsFromCloneSessions PREMulticast.GroupCreateError PRECloning.Write
    PRECloning.ModifyConfig PRECloning.InvalidId PRECloning.Read ReadConstTable.P4RuntimeEntries ReadConstTable.OutOfBandEntries PVS.Write PVS.Read
    Register.Write Register.Read Digest.WriteAndRead ReadExclusiveAccess.ConcurrentReadAndWrites MatchTableConstDefaultAction.MutateParam
    MatchTableConstDefaultAction.MutateAction MatchTableConstDefaultAction.GetBeforeSet MatchTableActionAnnotations.TableAndDefault
    MatchTableActionAnnotations.TableOnly MatchTableActionAnnotations.DefaultOnly IdleTimeout.EntryAgeing IdleTimeout.Buffering IdleTimeout.MaxBuffering
    IdleTimeout.ModifyTTL IdleTimeout.ReadEntry StreamError.StreamErrorDisabled StreamError.StreamErrorEnabled DefaultServerConfig.Parse`,
  'PI test_proto_fe_bytestrings': `
    TestBytestringConversionP4RtToPi.convert TestBytestringConversionP4RtToPiErrors.convert TestBytestringConversionPiToP4Rt.convert
    TestBytestringConversionPiToP4Rt.convert_cstr`,
  'PI test_proto_fe_digest': `
    DigestMgr.Default DigestMgr.DefaultCanonical DigestMgr.Cache DigestMgr.Ack DigestMgr.MaxListSize DigestMgr.MaxTimeout DigestMgr.Reset`,
  'PI test_proto_fe_packet_io': `
    PacketIOReg.PacketIn PacketIOReg.PacketOut PacketIOMetadata.PacketIn PacketIOMetadata.PacketOut PacketIOMetadata.PacketOutMetadataOutOfOrder
    PacketIOMetadata.PacketOutCanonicalMetadata PacketIOMetadata.PacketOutUnknownMetadata PacketIOMetadata.PacketOutMissingMetadata
    PacketIOStreamError.PacketOutUnexpectedMetadata PacketIOStreamError.PacketOutUnkownMetadata PacketIOStreamError.PacketOutTargetError`,
  'PI test_proto_fe_set_pipeline_config': `
    SetPipelineConfig.Reconcile`,
  'PI test_proto_fe_access_arbitration': `
    AccessArbitration.ConcurrentWrites AccessArbitration.ExclusiveWrites AccessArbitration.ConcurrentReadsSameObject
    AccessArbitration.ConcurrentReadsDifferentObjects AccessArbitration.ExclusiveReadAndWrite`,
  'PI test_proto_fe_watch_port_enforcer': `
    WatchPortEnforcer.DontUpdateHw WatchPortEnforcer.UpdateHw WatchPortEnforcer.PortStatusEvents WatchPortEnforcer.ConcurrentRead
    WatchPortEnforcer.ExclusiveWrite WatchPortEnforcer.UpdateConfig WatchPortEnforcerNoWriteAccessOneOf.ConcurrentAccess`,
  'PI server/test_arbitration': `
    TestArbitration.WriteNoPrimary TestArbitration.DuplicateElectionId TestArbitration.WriteAndPacketInAndPacketOut TestArbitration.MaxConnections
    TestArbitration.SingleThreadedClient`,
  'PI server/test_no_pipeline_config': `
    TestNoForwardingPipeline.Write TestNoForwardingPipeline.Read TestNoForwardingPipeline.GetForwardingPipelineConfig`,
  'sonic-pins arbitration_test': `
    DeviceIdMustBeSet DeviceIdMustMatch DeviceIdCannotChangeAtController DeviceIdCannotChangeAtSwitchWithActiveConnection
    DeviceIdCanChangeAtSwitchWithNoActiveConnection DeviceIdChangesWillIgnoreNoopWithActiveConnection DeviceIdCanBeChangedAfterActiveConnectionCloses
    PrimaryConnectionWithElectionId PrimaryConnectionWithElectionIdZero NoElectionIdIsAlwaysBackupConnection PrimaryAndBackupConnections
    NotifyAllConnectionsForNewPrimary NotifyAllConnectionsWhenPrimaryDisconnects NofityAllConnectionsIfPrimaryIncreasesItsElectionId
    DoNotNofityIfBackupIncreasesItsElectionId NotifyAllConnectionsWhenPrimaryBecomesBackup PrimaryConnectionCanReestablishAfterGoingDown
    PrimaryConnectionCanReestablishAfterBecomingBackup BackupCanReuseElectionIdWhenPrimaryDisconnects ConnectionCannotBecomePrimaryWithLowerElectionId
    PrimaryCanSendDuplicateArbitationRequests BackupConnectionCannotUpdateForwardingPipeline BackupConnectionCannotSendWriteRequest
    TwoConnectionsCannotReuseElectionId ConnectionCannotChangeItsRoleId CannotSendRequestsAfterDisconnecting SendingAnInvalidPacketWillNotCloseTheStream`,
  'sonic-pins role_test': `
    EachRoleCanHaveItsOwnPrimaryConnection EachRoleCanHaveAPrimaryAndBackupConnection DISABLED_RolesEnforceReadWriteOnTables
    DefaultRoleCanWriteAndReadAnyTable`,
  'sonic-pins forwarding_pipeline_config_test': `
    DoesNotUpdateDatabases FailsWhenNoConfigIsSet FailsWhenConfigIsInvalid FailsWhenContraintsAreInvalid UpdatesAppDbState UpdatesConfigTimeInStateDb
    FailsWhenNoConfigIsSet DoesNotUpdateConfigTimeOnFailure CannotClearForwardingState LoadsLastSavedConfig GoesCriticalIfReadingCacheFails
    FailsIfNoConfigHasBeenSaved FailsIfAConfigIsSet SetForwardingPipelineConfig WritesConfigToAFile FailsWhenNoConfigIsSet
    SetDuplicateForwardingPipelineConfig CanDeletEmptyTables CanAddTables CanModifyEmptyTables CanModifyPopulatedAclTables
    CanModifyPopulatedNonessentialAclTables CriticallyFailsIfAclTableRemovalFails CriticallyFailsIfAclTableAdditionFails
    CriticallyFailsIfAclTableNonessentialModificationFailsToRemoveEntries CriticallyFailsIfAclTableEssentialModificationFailsToRemoveEntries
    CriticallyFailsIfAclTableEssentialModificationFailsToAddDuplicateTable CriticallyFailsIfAclTableEssentialModificationFailsToAddDuplicateEntries
    CanReconcileHashingConfigDiff CanReconcileActionProfileCapacityDiff ReturnsNothingIfConfigHasNotBeenSet CanReadBackAllTheConfig CanReadBackCookieOnly
    CanReadBackP4InfoAndCookie CanReadBackDeviceConfigAndCookie CanUpdateTheConfigAndReadItBack
    DISABLED_RejectWriteRequestsIfForwardingPipelineConfigFails InvalidP4ConstraintDoesNotGoCritical ReconcileFailsIfNewConfigDoesNotSupportCurrentFlows
    ReconcileFailsIfNewConfigDiffersForCurrentFlows ReconcileIsNotBlockedIfNewConfigSupportsCurrentFlows VerifySucceeds VerifyAndCommitSucceeds
    ReconcileAndCommitSucceeds`,
  'sonic-pins response_path_test': `
    TableEntryInsertReadAndRemove TableEntryModify DuplicateTableEntryInsertFails DuplicatePacketReplicationEngineEntryInsertFails
    TableEntryModifyFailsIfEntryDoesNotExist TableEntryDeleteFailsIfEntryDoesNotExist InsertRequestFails ErrorResponseHandlesNonPrintableCharacters
    ModifyRequestFails DeleteRequestFails OneOfManyInsertRequestFails RequestWithDuplicateKeysFails P4rtTableFailOnFirstErrorAffectsVrfTable
    FailOnFirstErrorInVrfTable P4rtTableFailOnFirstErrorAffectsVlanTable P4rtTableFailOnFirstErrorAffectsVlanMemberTable FailOnFirstErrorInVlanTable
    FailOnFirstErrorInVlanMemberTable FailsOnFirstErrorInP4rtTable FailOnFirstErrorFromAppdbResponses ReadingIgnoresRedisDbValues
    WriteRequestsUpdateStatistics ReadRequestsUpdateStatistics WriteRequestsStatisticsHandleBatchRequests
    WriteRequestsStatisticsDoNotIncludeInvalidPiEntries ReadCacheUsesCanonicalFormToStoreTableEntries OnlyTheFirstErrorShouldNotBeMarkedAborted`,
  'sonic-pins packet_replication_table_test': `
    InsertReadAndDeleteEntry CannotInsertDuplicateEntries InsertRequestFails CannotDeleteMissingEntry DeleteRequestFails ModifySuccess
    PopulatedReadRequestFails CloneSessionReadIsEmpty PopulatedCloneSessionReadRequestsFail UnsetPacketReplicationEntryTypeReturnsMulticastGroupEntry
    CannotTranslatePortFailure`,
  'sonic-pins packetio_test': `
    VerifyPacketIn VerifyPacketInFailAfterPortRemove PacketInFailsWithoutPortTranslation PacketOutFailsWithoutPortTranslation
    PacketOutFailBeforeP4InfoPush PacketOutFailAfterPortRemoval PacketOutFailForSecondary VerifyPacketOut VerifyPacketInWithPortNames
    PacketInMessageFailsWhenNoPrimaryExists PacketInCanBeSentToMultiplePrimaries PacketInMessageFailsWhenPrimaryHasNonAuthorizeRole
    PacketInMessageFailsWhenNoPrimaryIsEstablished`,
  'BMv2 simple_switch_grpc': `
    ActionProfile.WatchPort ActionProfile.DeleteGroupWithMembers Basic.Entries Basic.DefaultEntry Counter.CounterHit Digest.OneSample Digest.Ack
    Digest.DeleteDigest gNMI.PortOperStatusUpdates gNMI.PortCounters GrpcDataplane.SendAndReceive GrpcDataplane.MultipleClients IdleTimeout.EntryExpire
    IdleTimeout.NotifyAgain IdleTimeout.ReadEntry IdleTimeout.ModifyTTL Meter.ReadDefault Optional.ReadEntry Optional.BothEntries Optional.PriorityZero
    PacketIO.SendAndReceiveCPUPacket Multicast.2Rids3Ports Clone.SingletonAndMulticast Ternary.ReadEntry Ternary.PriorityOrder Ternary.PriorityZero`,
};

/** Names that a case of ours covers under another name: a part of that. */
export const elsewhere: Readonly<Record<string, string>> = {
  'PacketIOMetadata.PacketOut': 'PacketIOMetadata.PacketIn',
  TableEntryModify: 'AddAndModify',
  InsertRequestFails: 'a full table',
  '.PipelineConfigGet': 'CanReadBackAllTheConfig',
  '.PipelineConfigGetLarge': 'CanReadBackAllTheConfig',
  'OneShotCleanup.MemberAddError': 'OneShotCleanup: an entry that exists leaves nothing behind',
  'MatchKeyFormat.MkMissingField': 'one of two exact fields',
  'TestBytestringConversionP4RtToPi.convert': 'bytestring: a padded key finds its entry',
  'TestBytestringConversionP4RtToPiErrors.convert': 'bytestring: parameter too wide',
  'TestBytestringConversionPiToP4Rt.convert': 'bytestring: answers are canonical on the wire',
  'DigestMgr.DefaultCanonical': 'DigestMgr.Default',
  'PacketIOReg.PacketOut': 'PacketIOMetadata.PacketOut',
  'PacketIOStreamError.PacketOutUnkownMetadata': 'PacketIOMetadata.PacketOutUnknownMetadata',
  'IdleTimeout.Buffering': 'IdleTimeout.EntryAgeing',
  'StreamError.StreamErrorDisabled': 'StreamError.StreamErrorEnabled',
  'TestArbitration.WriteAndPacketInAndPacketOut': 'packet: an entry is hit',
  'TestArbitration.MaxConnections': 'a hundred streams of one role',
  'TestArbitration.SingleThreadedClient': 'a notice names device, role and the highest election id',
  'WatchPortEnforcer.UpdateConfig': 'a watch port that there is not',
  DISABLED_RolesEnforceReadWriteOnTables: 'RolesEnforceReadWriteOnTables',
  CannotClearForwardingState: 'VerifyAndCommitSucceeds',
  FailsIfNoConfigHasBeenSaved: 'FailsWhenNoConfigIsSet',
  FailsIfAConfigIsSet: 'COMMIT with a config',
  SetForwardingPipelineConfig: 'VerifyAndCommitSucceeds',
  SetDuplicateForwardingPipelineConfig: 'ReconcileAndCommitSucceeds',
  CanDeletEmptyTables: 'reconcile with a table that has grown',
  CanAddTables: 'reconcile with a table that has grown',
  CanModifyEmptyTables: 'reconcile with a table that has grown',
  CanModifyPopulatedAclTables: 'reconcile with a table that has grown',
  CanReconcileActionProfileCapacityDiff: 'reconcile with a table that has grown',
  CanUpdateTheConfigAndReadItBack: 'CanReadBackAllTheConfig',
  ReconcileFailsIfNewConfigDiffersForCurrentFlows: 'ReconcileFailsIfNewConfigDoesNotSupportCurrentFlows',
  ReconcileIsNotBlockedIfNewConfigSupportsCurrentFlows: 'ReconcileAndCommitSucceeds',
  DISABLED_RejectWriteRequestsIfForwardingPipelineConfigFails: 'a refused config changes nothing',
  TableEntryInsertReadAndRemove: 'AddAndDelete',
  ModifyRequestFails: 'TableEntryModifyFailsIfEntryDoesNotExist',
  DeleteRequestFails: 'TableEntryDeleteFailsIfEntryDoesNotExist',
  ReadCacheUsesCanonicalFormToStoreTableEntries: 'the same key in two forms is one entry',
  OnlyTheFirstErrorShouldNotBeMarkedAborted: 'a malformed update aborts an atomic batch',
  InsertReadAndDeleteEntry: 'PREMulticast.Write',
  CannotInsertDuplicateEntries: 'DuplicatePacketReplicationEngineEntryInsertFails',
  ModifySuccess: 'PRECloning.ModifyConfig',
  CloneSessionReadIsEmpty: 'PREMulticast.ReadExcludeGroupsFromCloneSessions',
  VerifyPacketIn: 'PacketIOMetadata.PacketIn',
  VerifyPacketOut: 'PacketIOMetadata.PacketOut',
  VerifyPacketInWithPortNames: 'translated types: a narrower key and a string',
  PacketInMessageFailsWhenNoPrimaryExists: 'packets in do not go to backups',
  PacketInMessageFailsWhenNoPrimaryIsEstablished: 'packets in do not go to backups',
  'Basic.Entries': 'AddAndRead',
  'GrpcDataplane.SendAndReceive': 'packet: an entry is hit',
  'GrpcDataplane.MultipleClients': 'PacketInCanBeSentToMultiplePrimaries',
  'Clone.SingletonAndMulticast': 'PRECloning.Write',
  'ActionProfile.WatchPort': 'ActionProf.MemberWatchPort',
  'WatchPortEnforcer.DontUpdateHw': 'watch ports are read back',
};

/** Why a name has no case among these. */
export const reasons = {
  database: 'about a database of the vendor, or its counters',
  inside: 'about the inside of that server: locks, critical states, buffers',
  gnmi: 'about gNMI, which there is none of',
  noPipeline: 'needs a server without a pipeline: test/p4runtime/foreign/stubs.py begins with one',
  port: 'needs a port that goes: test/p4runtime/coverage.test.ts',
  constraints: 'needs restrictions switched on: test/p4runtime/restrictions.test.ts',
} as const;

/** Names by their reason. */
export const notAmongThese: Readonly<Record<keyof typeof reasons, string>> = {
  database: `
    UpdatesAppDbState UpdatesConfigTimeInStateDb DoesNotUpdateDatabases GoesCriticalIfReadingCacheFails WritesConfigToAFile
    CriticallyFailsIfAclTableRemovalFails CriticallyFailsIfAclTableAdditionFails CriticallyFailsIfAclTableNonessentialModificationFailsToRemoveEntries
    CriticallyFailsIfAclTableEssentialModificationFailsToRemoveEntries CriticallyFailsIfAclTableEssentialModificationFailsToAddDuplicateTable
    CriticallyFailsIfAclTableEssentialModificationFailsToAddDuplicateEntries CanModifyPopulatedNonessentialAclTables CanReconcileHashingConfigDiff
    P4rtTableFailOnFirstErrorAffectsVrfTable FailOnFirstErrorInVrfTable P4rtTableFailOnFirstErrorAffectsVlanTable
    P4rtTableFailOnFirstErrorAffectsVlanMemberTable FailOnFirstErrorInVlanTable FailOnFirstErrorInVlanMemberTable FailsOnFirstErrorInP4rtTable
    FailOnFirstErrorFromAppdbResponses ReadingIgnoresRedisDbValues WriteRequestsUpdateStatistics ReadRequestsUpdateStatistics
    WriteRequestsStatisticsHandleBatchRequests WriteRequestsStatisticsDoNotIncludeInvalidPiEntries PopulatedReadRequestFails
    PopulatedCloneSessionReadRequestsFail ErrorResponseHandlesNonPrintableCharacters`,
  inside: `
    .ResourceTypeFromId TestBytestringConversionPiToP4Rt.convert_cstr DefaultServerConfig.Parse OneShotCleanup.MemberCreateErrorCritical
    OneShotCleanup.GroupCreateErrorCritical DigestMgr.Reset IdleTimeout.MaxBuffering PacketIOStreamError.PacketOutTargetError
    AccessArbitration.ConcurrentWrites AccessArbitration.ExclusiveWrites AccessArbitration.ConcurrentReadsSameObject
    AccessArbitration.ConcurrentReadsDifferentObjects AccessArbitration.ExclusiveReadAndWrite WatchPortEnforcer.ConcurrentRead
    WatchPortEnforcer.ExclusiveWrite WatchPortEnforcerNoWriteAccessOneOf.ConcurrentAccess`,
  gnmi: `
    gNMI.PortOperStatusUpdates gNMI.PortCounters DeviceIdCannotChangeAtSwitchWithActiveConnection DeviceIdCanChangeAtSwitchWithNoActiveConnection
    DeviceIdChangesWillIgnoreNoopWithActiveConnection DeviceIdCanBeChangedAfterActiveConnectionCloses`,
  noPipeline: `
    TestNoForwardingPipeline.GetForwardingPipelineConfig ReturnsNothingIfConfigHasNotBeenSet PacketOutFailBeforeP4InfoPush`,
  port: `
    WatchPortEnforcer.UpdateHw WatchPortEnforcer.PortStatusEvents VerifyPacketInFailAfterPortRemove PacketOutFailAfterPortRemoval
    PacketInFailsWithoutPortTranslation PacketOutFailsWithoutPortTranslation`,
  constraints: `
    FailsWhenContraintsAreInvalid InvalidP4ConstraintDoesNotGoCritical`,
};

export interface Coverage {
  readonly covered: number;
  /** Names without a case, with the reason. */
  readonly excused: ReadonlyMap<string, keyof typeof reasons>;
  readonly missing: readonly string[];
}

/** What the cases of these names cover. */
export function coverage(cases: readonly string[]): Coverage {
  const words = new Set(
    cases.flatMap((name) => name.split(/[\s:]+/).flatMap((word) => [word, word.slice(word.lastIndexOf('.') + 1)])),
  );
  const excuses = new Map(
    Object.entries(notAmongThese).flatMap(([reason, names]) =>
      split(names).map((name) => [name, reason as keyof typeof reasons]),
    ),
  );
  const excused = new Map<string, keyof typeof reasons>();
  const missing: string[] = [];
  let covered = 0;
  for (const name of Object.values(publicNames).flatMap(split)) {
    const other = elsewhere[name];
    const reason = excuses.get(name);
    if (words.has(name) || words.has(name.slice(name.lastIndexOf('.') + 1))) covered++;
    else if (other !== undefined && cases.some((each) => each.includes(other))) covered++;
    else if (reason) excused.set(name, reason);
    else missing.push(name);
  }
  return { covered, excused, missing };
}

function split(names: string): string[] {
  return names.trim().split(/\s+/);
}
