/** The fuzzer as a library; what `import 'allocert/fuzz'` gives. */
export * from '../oracles/index.ts';
export {
  type Budget,
  type CampaignEnd,
  type CampaignOptions,
  runCampaign,
} from './campaign.ts';
export { PLANTED, withCanary } from './canary.ts';
export {
  CORPUS_LIMITS,
  Corpus,
  type CorpusLimits,
  type CorpusState,
  EPOCH_ROUNDS,
} from './corpus/corpus.ts';
export { type Coverage, coverageOf } from './corpus/coverage.ts';
export { type CorpusEntry, entryFrom, entryOf, type StoredEntry } from './corpus/entry.ts';
export { CorpusFolder, existingFolder, type FolderContent } from './corpus/folder.ts';
export { type Pruned, type PruneTarget, pruneCorpus } from './corpus/prune.ts';
export { evidenceOf, type Finding, tokenOf } from './finding.ts';
export { MODES, type Mode, modesFor } from './generate/modes.ts';
export { type Interval, wilson } from './interval.ts';
export { CampaignJournal } from './journal.ts';
export { type CampaignLine, JOURNAL } from './journal-lines.ts';
export { type Before, readCampaign } from './journal-reader.ts';
export { judge, type Reading, type Rules, readingOf, signatureOf } from './judge.ts';
export {
  answerTask,
  type WorkerAnswer,
  WorkerPool,
  type WorkerSetting,
  type WorkerTask,
} from './pool.ts';
export { type Replayed, readFinding, replayFinding, shareText } from './replay.ts';
export { type Reproducer, reproducerOf } from './reproduce/index.ts';
export { operationsIn, type Round, type RoundOrigin, runScenario, scenarioOf } from './round.ts';
export {
  type Introduction,
  type Proof,
  type RoundDone,
  type RoundReport,
  type Rounds,
  Runner,
  type RunnerOptions,
} from './runner.ts';
export { type Scenario, type World, worldOf } from './scenario.ts';
export { type CanaryEnd, findCanary, type SelfCheck, selfCheck } from './self-check.ts';
export { type Choice, type Setting, settingFor } from './setting.ts';
export { type ShrinkOptions, type Shrunk, shrink } from './shrink.ts';
export { type FuzzSummary, SUMMARY } from './summary.ts';
