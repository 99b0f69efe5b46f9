import { randomBytes } from 'node:crypto';
import type { TableRef } from '../../sdk/index.js';
import type { RunStatus } from '../../sdk/node/status/run-status.js';
import { postgresUrl } from './ground.js';

/** The connections that survive a kill: Parquet, and PostgreSQL where it is there. */
export const targets = ['lake', ...(postgresUrl === undefined ? [] : ['warehouse'])];

/** A table that no other test has. */
export const freshTable = (connection: string): TableRef => ({ connection, table: `rows_${randomBytes(6).toString('hex')}` });

/** The attempts of a step in a run. */
export const attemptsOf = ({ activities }: RunStatus, step: string) => activities.filter(({ name }) => name === step).map(({ attempt }) => attempt);

/** The calls of a run's undo, in their order, with how they ended. */
export const undone = ({ activities }: RunStatus) => activities.filter(({ undo }) => undo === true);

/** Heartbeat time-out, first wait and the 5 seconds of DESIGN: a lost step goes on within them. */
export const goesOnWithin = 20_000 + 1_000 + 5_000;
