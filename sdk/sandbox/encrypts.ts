/** Whether the worker encrypts what Temporal keeps (worker/host/encrypting.ts): then nothing that a pipeline says goes to the worker's log. */
export const encrypts = (globalThis as { headraceEncrypts?: boolean }).headraceEncrypts === true;
