import { log, setDefaultSignalHandler } from '@temporalio/workflow';
import * as z from 'zod';
import { HeadraceError } from '../authoring/errors.js';
import { asksWho } from '../authoring/run-memo.js';
import { settle } from './decide.js';
import { encrypts } from './encrypts.js';
import type { RunState } from './run-state.js';
import { refuseUnsigned } from './trust.js';

const SignalData = z.looseObject({
  approval: z.string().optional(),
  decision: z.enum(['approve', 'decline']).optional(),
  decisionId: z.string().optional(),
  answer: z.unknown().optional(),
  comment: z.string().optional(),
});

/** Takes raw Temporal signals that fit: `cancel`, and `approve`, `decline` or an approval's name with its answer. Others are listed and change nothing. */
export function takeSignals(run: RunState): void {
  let count = 0;
  setDefaultSignalHandler((name, ...data) => {
    count += 1;
    if (name === 'cancel') return run.scope.cancel();
    try {
      refuseUnsigned();
      const said = decision(run, name, data[0], `signal-${count}`);
      refuseNameless(run, said.approval);
      settle(run, said);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      log.warn(encrypts ? `The signal '${name}' was ignored.` : `The signal '${name}' was ignored: ${reason}`);
      run.record.ignored(name, reason);
    }
  });
}

function decision(run: RunState, name: string, data: unknown, decisionId: string) {
  const { approval, decision: said, answer, comment, decisionId: sent } = SignalData.parse(data ?? {});
  const verb = name === 'approve' || name === 'decline';
  const open = run.waits.find(({ outcome }) => outcome === undefined)?.approval.id;
  return {
    approval: verb ? (approval ?? open ?? 'any') : name,
    decision: verb ? name : (said ?? 'approve'),
    decisionId: sent ?? decisionId,
    answer,
    comment,
  } as const;
}

/** A signal says nobody's name: what it matters who decides, it does not decide. */
function refuseNameless(run: RunState, asked: string): void {
  const wait = run.waits.find(({ outcome, approval, asked: { id } }) => outcome === undefined && (approval.id === asked || id === asked));
  if (wait !== undefined && asksWho(wait.asked))
    throw new HeadraceError(`A signal cannot decide '${asked}': it matters who does.`, { code: 'nameless_decision' });
}
