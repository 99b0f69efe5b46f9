// Generated from /openapi.json: npm test -- sdk/api-client -u writes it anew.
export interface paths {
    "/health": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Whether this process answers, and who it is */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description It does */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            /** @enum {string} */
                            status: "ok";
                            /** @enum {string} */
                            service: "headrace";
                            pid?: number;
                            folder?: string;
                        };
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/ready": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Whether Temporal answers */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description It does */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            /** @enum {string} */
                            status: "ready";
                        };
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/metrics": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Metrics in Prometheus' text format: of the pipelines that one may see, and of everything for who sets up tenants */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description Every metric with its sentence */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "text/plain": string;
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/pipelines/workflows": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Runs, the latest first, as the registry has them: a run is there a moment after its start */
        get: {
            parameters: {
                query?: {
                    limit?: number;
                    /** @description The cursor of the page before, with the same filter */
                    cursor?: string;
                    status?: "RUNNING" | "WAITING_FOR_APPROVAL" | "SUCCEEDED" | "FAILED" | "CANCELLED" | "ROLLED_BACK" | "TIMED_OUT" | "TERMINATED";
                    partition?: string;
                    /** @description client, schedule, parent or temporal */
                    trigger?: string;
                    /** @description The workflow id of the run that started them */
                    parent?: string;
                    /** @description This moment or later */
                    startedAfter?: string;
                    /** @description Before this moment */
                    startedBefore?: string;
                    pipeline?: string;
                };
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description A page of runs */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            runs: components["schemas"]["RecordedRun"][];
                            /** @description For the next page; left out on the last */
                            cursor?: string;
                        };
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/pipelines/{id}/runs": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The history of a pipeline: its runs with their outputs and errors, the latest first */
        get: {
            parameters: {
                query?: {
                    limit?: number;
                    /** @description The cursor of the page before, with the same filter */
                    cursor?: string;
                    status?: "RUNNING" | "WAITING_FOR_APPROVAL" | "SUCCEEDED" | "FAILED" | "CANCELLED" | "ROLLED_BACK" | "TIMED_OUT" | "TERMINATED";
                    partition?: string;
                    /** @description client, schedule, parent or temporal */
                    trigger?: string;
                    /** @description The workflow id of the run that started them */
                    parent?: string;
                    /** @description This moment or later */
                    startedAfter?: string;
                    /** @description Before this moment */
                    startedBefore?: string;
                };
                header?: never;
                path: {
                    id: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description A page of runs */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            runs: components["schemas"]["PastRun"][];
                            /** @description For the next page; left out on the last */
                            cursor?: string;
                        };
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/pipelines/workflows/{workflowId}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** A run whole, as the registry has it: calls with their bars, approvals, children, sums */
        get: {
            parameters: {
                query?: {
                    /** @description Where a workflow id was used again */
                    runId?: string;
                };
                header?: never;
                path: {
                    /** @description The run's workflow id, percent-encoded */
                    workflowId: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description The run */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["RunDetail"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/pipelines/workflows/{workflowId}/calls": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** A run's calls in the order in which they were made, with their bars */
        get: {
            parameters: {
                query?: {
                    limit?: number;
                    /** @description The cursor of the page before, with the same filter */
                    cursor?: string;
                };
                header?: never;
                path: {
                    /** @description The run's workflow id, percent-encoded */
                    workflowId: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description A page of calls */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            calls: components["schemas"]["Call"][];
                            /** @description For the next page; left out on the last */
                            cursor?: string;
                        };
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/pipelines/workflows/{workflowId}/children": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The runs that a run started, and those below them */
        get: {
            parameters: {
                query?: {
                    limit?: number;
                    /** @description The cursor of the page before, with the same filter */
                    cursor?: string;
                    /** @description How far down; 1 for its own alone */
                    depth?: number;
                };
                header?: never;
                path: {
                    /** @description The run's workflow id, percent-encoded */
                    workflowId: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description A page of runs */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            children: components["schemas"]["RelatedRun"][];
                            /** @description For the next page; left out on the last */
                            cursor?: string;
                        };
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/pipelines/workflows/{workflowId}/history": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The runs of the same pipeline and partition, this one among them, with outputs and errors, the latest first */
        get: {
            parameters: {
                query?: {
                    limit?: number;
                    /** @description The cursor of the page before, with the same filter */
                    cursor?: string;
                };
                header?: never;
                path: {
                    /** @description The run's workflow id, percent-encoded */
                    workflowId: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description A page of runs */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            runs: components["schemas"]["PastRun"][];
                            /** @description For the next page; left out on the last */
                            cursor?: string;
                        };
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/pipelines/workflows/{workflowId}/logs": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** A run's log lines with their record counts; as a stream where text/event-stream is accepted, which ends after the run does */
        get: {
            parameters: {
                query?: {
                    limit?: number;
                    /** @description The cursor of the page before, with the same filter */
                    cursor?: string;
                };
                header?: {
                    /** @description Of a stream: goes on after this line */
                    "last-event-id"?: string;
                };
                path: {
                    /** @description The run's workflow id, percent-encoded */
                    workflowId: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description A page of lines, or the stream of them */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            logs: components["schemas"]["LogLine"][];
                            /** @description For the next page; left out on the last */
                            cursor?: string;
                            /** @description Of the whole log */
                            lines: number;
                            /** @description That the whole log tells of */
                            records: number;
                        };
                        "text/event-stream": string;
                    };
                };
                /** @description The stream is over: do not come again */
                204: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What happened to all runs: the latest first, or as a stream from now on where text/event-stream is accepted */
        get: {
            parameters: {
                query?: {
                    limit?: number;
                    /** @description The cursor of the page before, with the same filter */
                    cursor?: string;
                    pipeline?: string;
                    workflowId?: string;
                    /** @description Once or several times */
                    kind?: ("PIPELINE_STARTED" | "PIPELINE_STEP_COMPLETED" | "PIPELINE_STEP_FAILED" | "PIPELINE_STEP_SKIPPED" | "PIPELINE_WAITING_FOR_APPROVAL" | "PIPELINE_APPROVED" | "PIPELINE_DECLINED" | "PIPELINE_SUCCEEDED" | "PIPELINE_FAILED" | "PIPELINE_CANCELLED" | "PIPELINE_ROLLED_BACK" | "PIPELINE_TIMED_OUT" | "PIPELINE_TERMINATED" | "PIPELINE_RETRYING") | ("PIPELINE_STARTED" | "PIPELINE_STEP_COMPLETED" | "PIPELINE_STEP_FAILED" | "PIPELINE_STEP_SKIPPED" | "PIPELINE_WAITING_FOR_APPROVAL" | "PIPELINE_APPROVED" | "PIPELINE_DECLINED" | "PIPELINE_SUCCEEDED" | "PIPELINE_FAILED" | "PIPELINE_CANCELLED" | "PIPELINE_ROLLED_BACK" | "PIPELINE_TIMED_OUT" | "PIPELINE_TERMINATED" | "PIPELINE_RETRYING")[];
                    /** @description Of a stream: the position after which it begins; 0 for all that is kept */
                    after?: number | null;
                };
                header?: {
                    /** @description Of a stream: goes on after this one */
                    "last-event-id"?: string;
                };
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description A page of events, or the stream of them */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            events: components["schemas"]["Event"][];
                            /** @description For the next page; left out on the last */
                            cursor?: string;
                        };
                        "text/event-stream": string;
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/pipelines/workflows/{workflowId}/events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What happened to a run, in its order; as a stream where text/event-stream is accepted, which ends after the run does */
        get: {
            parameters: {
                query?: {
                    limit?: number;
                    /** @description The cursor of the page before, with the same filter */
                    cursor?: string;
                };
                header?: {
                    /** @description Of a stream: goes on after this one */
                    "last-event-id"?: string;
                };
                path: {
                    /** @description The run's workflow id, percent-encoded */
                    workflowId: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description A page of events, or the stream of them */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            events: components["schemas"]["Event"][];
                            /** @description For the next page; left out on the last */
                            cursor?: string;
                        };
                        "text/event-stream": string;
                    };
                };
                /** @description The stream is over: do not come again */
                204: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/events/schemas": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The JSON Schema of each kind of event, draft 2020-12 */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description By the event's type; its $id is the event's dataschema */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            [key: string]: {
                                [key: string]: unknown;
                            };
                        };
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/pipelines/workflows/{workflowId}/status": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** How a run stands, at every moment and after its end */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    /** @description The run's workflow id, percent-encoded */
                    workflowId: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description The run */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["RunStatus"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/audit": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The tenant's audit log, the latest first: who started, decided and cancelled, or was refused that, and who changed keys */
        get: {
            parameters: {
                query?: {
                    limit?: number;
                    /** @description The cursor of the page before, with the same filter */
                    cursor?: string;
                    actor?: string;
                    action?: string;
                    subject?: string;
                    /** @description This moment or later */
                    after?: string;
                    /** @description Before this moment */
                    before?: string;
                };
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description A page of entries */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            entries: components["schemas"]["AuditEntry"][];
                            /** @description For the next page; left out on the last */
                            cursor?: string;
                        };
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/keys": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The tenant's API keys, without their secrets */
        get: {
            parameters: {
                query?: {
                    /** @description For the first admin key only, which makes keys for each tenant */
                    tenant?: string;
                };
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description All of them, the newest first */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            keys: components["schemas"]["ApiKey"][];
                        };
                    };
                };
            };
        };
        put?: never;
        /** Makes an API key */
        post: {
            parameters: {
                query?: {
                    /** @description For the first admin key only, which makes keys for each tenant */
                    tenant?: string;
                };
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["NewKey"];
                };
            };
            responses: {
                /** @description It is made */
                201: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["MadeKey"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/keys/{key}/rotate": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Gives a key a new secret; the one before is good for a while longer */
        post: {
            parameters: {
                query?: {
                    /** @description For the first admin key only, which makes keys for each tenant */
                    tenant?: string;
                };
                header?: never;
                path: {
                    /** @description The key's id */
                    key: string;
                };
                cookie?: never;
            };
            requestBody?: {
                content: {
                    "application/json": {
                        /**
                         * @description How long the secret before is good
                         * @default 86400
                         */
                        graceSeconds?: number;
                    };
                };
            };
            responses: {
                /** @description It has a new secret */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["MadeKey"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/keys/{key}/revoke": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Ends a key, at once and for ever */
        post: {
            parameters: {
                query?: {
                    /** @description For the first admin key only, which makes keys for each tenant */
                    tenant?: string;
                };
                header?: never;
                path: {
                    /** @description The key's id */
                    key: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description It is ended */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            id: string;
                            /** @enum {string} */
                            status: "REVOKED";
                        };
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/codec/{namespace}/decode": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Decrypts payloads for Temporal's UI and command line (--codec-endpoint) */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    namespace: string;
                };
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["Payloads"];
                };
            };
            responses: {
                /** @description The payloads, in the same order */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Payloads"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/codec/{namespace}/encode": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Encrypts payloads for Temporal's command line (--codec-endpoint) */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    namespace: string;
                };
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["Payloads"];
                };
            };
            responses: {
                /** @description The payloads, in the same order */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Payloads"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/pipelines/workflows/{workflowId}/approvals": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What a run waits for, and what was decided */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    /** @description The run's workflow id, percent-encoded */
                    workflowId: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description Its approvals */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            pending: components["schemas"]["PendingSignal"][];
                            decided: components["schemas"]["ApprovalOutcome"][];
                        };
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/approvals": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What all runs wait for, the nearest deadline first, as the registry has it: a wait is there some seconds after it began */
        get: {
            parameters: {
                query?: {
                    limit?: number;
                    /** @description The cursor of the page before, with the same filter */
                    cursor?: string;
                    pipeline?: string;
                };
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description A page of approvals */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            approvals: components["schemas"]["WaitingApproval"][];
                            /** @description For the next page; left out on the last */
                            cursor?: string;
                        };
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/pipelines/workflows/{workflowId}/approvals/{approval}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Decides. The answer equals what the run does; what does not count leaves no event in it */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    /** @description The run's workflow id, percent-encoded */
                    workflowId: string;
                    /** @description An approval's id, or one ask of it: release_anyway#2 */
                    approval: string;
                };
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["Decision"];
                };
            };
            responses: {
                /** @description What was decided */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Decided"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/pipelines/workflows/{workflowId}/signal": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Approves, declines or cancels */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    /** @description The run's workflow id, percent-encoded */
                    workflowId: string;
                };
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": {
                        /** @description cancel, approve, decline, or an approval's name */
                        name: string;
                        data?: {
                            /** @description Fits the approval's form */
                            answer?: unknown;
                            comment?: string;
                            /** @description The same id again is harmless, also after the end of the run */
                            decisionId?: string;
                            /** @description Who decides; not proven while there is no authentication, and then who is logged in */
                            by?: string;
                            /** @description Of who decides, while there is no authentication */
                            roles?: string[];
                            /** @description Which, where the run waits for several */
                            approval?: string;
                            /**
                             * @description With an approval's name; approve unless said
                             * @enum {string}
                             */
                            decision?: "approve" | "decline";
                        } | null;
                    };
                };
            };
            responses: {
                /** @description What was decided */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Decided"];
                    };
                };
                /** @description It is asked to cancel */
                202: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["CancelRequested"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/pipelines/workflows/{workflowId}/cancel": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Asks a run to cancel: what it did is undone, and it ends CANCELLED */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    /** @description The run's workflow id, percent-encoded */
                    workflowId: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description It is asked */
                202: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["CancelRequested"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/pipelines": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The pipelines */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description All of them */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            pipelines: components["schemas"]["Pipeline"][];
                            /** @description Modules that could not be used */
                            refused: {
                                file: string;
                                code: string;
                                message: string;
                                fix?: string;
                            }[];
                        };
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/pipelines/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One pipeline */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    id: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description The pipeline */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Pipeline"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/pipelines/{id}/execute": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Starts a run */
        post: {
            parameters: {
                query?: never;
                header?: {
                    /** @description The same key with the same body starts one run only */
                    "idempotency-key"?: string;
                };
                path: {
                    id: string;
                };
                cookie?: never;
            };
            requestBody?: {
                content: {
                    "application/json": unknown;
                };
            };
            responses: {
                /** @description The run, or the one that this Idempotency-Key started before */
                201: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Started"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        /** @description A refusal, after RFC 9457 */
        Problem: {
            /** @description urn:headrace:problem: and the code */
            type: string;
            title: string;
            status: number;
            detail: string;
            code: string;
            fix?: string;
            where?: string;
            /** @description What was decided instead */
            decided?: unknown;
        };
        RecordedRun: {
            workflowId: string;
            runId: string;
            pipeline: string;
            /** @enum {string} */
            status: "RUNNING" | "RETRYING" | "WAITING_FOR_APPROVAL" | "SUCCEEDED" | "FAILED" | "CANCELLED" | "ROLLED_BACK" | "TIMED_OUT" | "TERMINATED";
            partition?: string;
            /**
             * Format: date-time
             * @description ISO 8601, UTC
             */
            startedAt: string;
            /**
             * Format: date-time
             * @description ISO 8601, UTC
             */
            endedAt?: string;
            duration?: string;
            waiting: components["schemas"]["PendingSignal"][];
            /**
             * @example client
             * @example schedule
             * @example parent
             * @example temporal
             */
            trigger: string;
            /** @description The workflow id of the run that started it */
            parent?: string;
            startedBy?: string;
            durationMs?: number;
            retries: number;
            rows?: number;
            undo?: string;
            reason?: string;
            error?: {
                type: string;
                message: string;
                code?: string;
                fix?: string;
                where?: string;
            };
        };
        PendingSignal: {
            name: string;
            id: string;
            question: string;
            evidence?: unknown;
            /**
             * Format: date-time
             * @description ISO 8601, UTC
             */
            since: string;
            /**
             * Format: date-time
             * @description ISO 8601, UTC
             */
            deadline: string;
            /** @description JSON Schema of the answer */
            schema?: unknown;
            /** @description How many of them have not */
            missing?: number;
            /** @description Who has, where several must */
            approved?: {
                by?: string;
                /**
                 * Format: date-time
                 * @description ISO 8601, UTC
                 */
                at: string;
                decisionId?: string;
                answer?: unknown;
                comment?: string;
                missing?: number;
            }[];
            /** @description How many people must approve, where it is more than one */
            required?: number;
            /** @description Who may decide, where not everybody */
            roles?: string[];
            /**
             * @description Whoever started the run may not
             * @enum {boolean}
             */
            notStarter?: true;
        };
        PastRun: {
            workflowId: string;
            runId: string;
            pipeline: string;
            /** @enum {string} */
            status: "RUNNING" | "RETRYING" | "WAITING_FOR_APPROVAL" | "SUCCEEDED" | "FAILED" | "CANCELLED" | "ROLLED_BACK" | "TIMED_OUT" | "TERMINATED";
            partition?: string;
            /**
             * Format: date-time
             * @description ISO 8601, UTC
             */
            startedAt: string;
            /**
             * Format: date-time
             * @description ISO 8601, UTC
             */
            endedAt?: string;
            duration?: string;
            waiting: components["schemas"]["PendingSignal"][];
            /**
             * @example client
             * @example schedule
             * @example parent
             * @example temporal
             */
            trigger: string;
            /** @description The workflow id of the run that started it */
            parent?: string;
            startedBy?: string;
            durationMs?: number;
            retries: number;
            rows?: number;
            undo?: string;
            reason?: string;
            error?: {
                type: string;
                message: string;
                code?: string;
                fix?: string;
                where?: string;
            };
            output?: unknown;
            /**
             * @description It is large: the run's own route has it
             * @enum {boolean}
             */
            outputLeftOut?: true;
        };
        RunDetail: {
            workflowId: string;
            runId: string;
            pipeline: string;
            /** @enum {string} */
            status: "RUNNING" | "RETRYING" | "WAITING_FOR_APPROVAL" | "SUCCEEDED" | "FAILED" | "CANCELLED" | "ROLLED_BACK" | "TIMED_OUT" | "TERMINATED";
            partition?: string;
            /**
             * Format: date-time
             * @description ISO 8601, UTC
             */
            startedAt: string;
            /**
             * Format: date-time
             * @description ISO 8601, UTC
             */
            endedAt?: string;
            duration?: string;
            waiting: components["schemas"]["PendingSignal"][];
            /**
             * @example client
             * @example schedule
             * @example parent
             * @example temporal
             */
            trigger: string;
            /** @description The workflow id of the run that started it */
            parent?: string;
            startedBy?: string;
            durationMs?: number;
            retries: number;
            rows?: number;
            undo?: string;
            reason?: string;
            error?: {
                type: string;
                message: string;
                code?: string;
                fix?: string;
                where?: string;
            };
            input?: unknown;
            output?: unknown;
            inserts?: number;
            updates?: number;
            softDeletes?: number;
            watermark?: string;
            /** @description The first of them */
            calls: components["schemas"]["Call"][];
            /** @description For …/calls, where there are more */
            callsCursor?: string;
            /** @description The first runs that it started itself */
            children: components["schemas"]["RelatedRun"][];
            /** @description For …/children, where there are more */
            childrenCursor?: string;
            /** @description The run that started it, and so on upwards */
            ancestors: components["schemas"]["RelatedRun"][];
            approvals: components["schemas"]["ApprovalOutcome"][];
            /** @description Temporal's run ids, the first one first: more than one after continue-as-new or reset */
            executions: string[];
            sums: {
                calls: number;
                completed: number;
                failed: number;
                skipped: number;
                retries: number;
                rows?: number;
                bytes?: number;
                /** @description Of all calls, one after another */
                durationMs: number;
            };
            /** @description When the run was last read into the record, and whether something is known to be missing */
            record: {
                /**
                 * Format: date-time
                 * @description ISO 8601, UTC
                 */
                readAt: string;
                behind: boolean;
                problem?: string;
            };
        };
        Call: {
            callId: string;
            executionId: string;
            step: string;
            status: string;
            attempts: number;
            /** @description Those that were repeated, as workers told of them */
            failedAttempts: {
                attempt: number;
                /**
                 * Format: date-time
                 * @description ISO 8601, UTC
                 */
                at: string;
                error?: {
                    type: string;
                    message: string;
                    code?: string;
                    fix?: string;
                    where?: string;
                };
                /**
                 * Format: date-time
                 * @description ISO 8601, UTC
                 */
                nextAttemptAt?: string;
            }[];
            /**
             * Format: date-time
             * @description ISO 8601, UTC
             */
            startedAt: string;
            /**
             * Format: date-time
             * @description ISO 8601, UTC
             */
            endedAt?: string;
            offsetMs: number;
            durationMs?: number;
            duration?: string;
            engine?: string;
            engineId?: string;
            link?: string;
            rows?: number;
            bytes?: number;
            cost?: components["schemas"]["Cost"];
            phase?: string;
            /** @enum {boolean} */
            undo?: true;
            /** @enum {boolean} */
            notification?: true;
            /** @enum {boolean} */
            fast?: true;
            error?: {
                type: string;
                message: string;
                code?: string;
                fix?: string;
                where?: string;
            };
            reason?: string;
        };
        /** @description What the engine says that the work took; what it does not tell is left out */
        Cost: {
            cpuSeconds?: number;
            coreSeconds?: number;
            wallSeconds?: number;
            peakMemoryBytes?: number;
            scannedRows?: number;
            scannedBytes?: number;
            writtenBytes?: number;
        };
        RelatedRun: {
            workflowId: string;
            runId: string;
            pipeline: string;
            /** @enum {string} */
            status: "RUNNING" | "RETRYING" | "WAITING_FOR_APPROVAL" | "SUCCEEDED" | "FAILED" | "CANCELLED" | "ROLLED_BACK" | "TIMED_OUT" | "TERMINATED";
            partition?: string;
            /**
             * Format: date-time
             * @description ISO 8601, UTC
             */
            startedAt: string;
            /**
             * Format: date-time
             * @description ISO 8601, UTC
             */
            endedAt?: string;
            duration?: string;
            waiting: components["schemas"]["PendingSignal"][];
            /**
             * @example client
             * @example schedule
             * @example parent
             * @example temporal
             */
            trigger: string;
            /** @description The workflow id of the run that started it */
            parent?: string;
            startedBy?: string;
            durationMs?: number;
            retries: number;
            rows?: number;
            undo?: string;
            reason?: string;
            error?: {
                type: string;
                message: string;
                code?: string;
                fix?: string;
                where?: string;
            };
            depth: number;
        };
        ApprovalOutcome: {
            id: string;
            approval: string;
            /** @enum {string} */
            decision: "approve" | "decline" | "expired" | "withdrawn";
            /**
             * Format: date-time
             * @description ISO 8601, UTC
             */
            at: string;
            decisionId?: string;
            answer?: unknown;
            comment?: string;
            by?: string;
            question?: string;
            /**
             * Format: date-time
             * @description ISO 8601, UTC
             */
            since?: string;
            approved?: {
                by?: string;
                /**
                 * Format: date-time
                 * @description ISO 8601, UTC
                 */
                at: string;
                decisionId?: string;
                answer?: unknown;
                comment?: string;
                missing?: number;
            }[];
        };
        LogLine: {
            sequence: number;
            /**
             * Format: date-time
             * @description ISO 8601, UTC
             */
            at: string;
            message: string;
            records?: number;
        };
        /** @description CloudEvents 1.0; /v1/events/schemas has the JSON Schema of each type, with the dataschema as its $id */
        Event: {
            id: string;
            type: string;
            subject: string;
            time: string;
            tenant: string;
            pipeline: string;
            data: {
                [key: string]: unknown;
            };
        } & {
            [key: string]: unknown;
        };
        RunStatus: {
            workflowId: string;
            runId: string;
            /** @enum {string} */
            status: "RUNNING" | "RETRYING" | "WAITING_FOR_APPROVAL" | "SUCCEEDED" | "FAILED" | "CANCELLED" | "ROLLED_BACK" | "TIMED_OUT" | "TERMINATED";
            /**
             * Format: date-time
             * @description ISO 8601, UTC
             */
            startedAt: string;
            currentActivity: string | null;
            progress: number;
            activities: {
                name: string;
                /** @enum {string} */
                status: "SCHEDULED" | "RUNNING" | "RETRYING" | "COMPLETED" | "FAILED" | "TIMED_OUT" | "CANCELLED" | "SKIPPED" | "ABANDONED";
                /**
                 * Format: date-time
                 * @description ISO 8601, UTC
                 */
                startedAt: string;
                /** @example 5m 23s */
                duration?: string;
                callId?: string;
                attempt?: number;
                /**
                 * Format: date-time
                 * @description ISO 8601, UTC
                 */
                nextAttemptAt?: string;
                phase?: string;
                /** @enum {boolean} */
                undo?: true;
                /** @enum {boolean} */
                notification?: true;
                /** @enum {boolean} */
                fast?: true;
                rows?: number;
                /** @description Where its work is done, on a system elsewhere */
                engine?: {
                    name?: string;
                    id?: string;
                    link?: string;
                };
                cost?: components["schemas"]["Cost"];
                /** @description How far that work says that it is, in the system's own words */
                working?: unknown;
                error?: {
                    type: string;
                    message: string;
                    code?: string;
                    fix?: string;
                    where?: string;
                };
                reason?: string;
            }[];
            retries: number;
            pendingSignals: components["schemas"]["PendingSignal"][];
            pipeline: string;
            taskQueue: string;
            /**
             * Format: date-time
             * @description ISO 8601, UTC
             */
            endedAt?: string;
            duration?: string;
            output?: unknown;
            error?: {
                type: string;
                message: string;
                code?: string;
                fix?: string;
                where?: string;
            };
            reason?: string;
            /** @enum {boolean} */
            cancelRequested?: true;
            /** @enum {string} */
            undo: "NONE" | "RUNNING" | "DONE" | "FAILED" | "UNCOMPENSATED";
            /** @description Why it does not move although nothing is wrong with its steps */
            problem?: string;
            approvals: components["schemas"]["ApprovalOutcome"][];
            ignoredSignals: {
                name: string;
                reason: string;
            }[];
            children: {
                name: string;
                workflowId: string;
                runId?: string;
                /** @enum {string} */
                status: "STARTING" | "RUNNING" | "SUCCEEDED" | "FAILED" | "CANCELLED" | "ROLLED_BACK" | "TIMED_OUT" | "TERMINATED";
                /**
                 * Format: date-time
                 * @description ISO 8601, UTC
                 */
                startedAt: string;
                duration?: string;
                error?: {
                    type: string;
                    message: string;
                    code?: string;
                    fix?: string;
                    where?: string;
                };
            }[];
            logs: {
                /**
                 * Format: date-time
                 * @description ISO 8601, UTC
                 */
                at: string;
                message: string;
                records?: number;
            }[];
        };
        AuditEntry: {
            id: number;
            /** Format: date-time */
            at: string;
            /** @description Who, as authentication knows them; the name that was given where it is not set up */
            actor: string;
            /**
             * @example run.start
             * @example approval.decide
             * @example run.cancel
             * @example key.create
             */
            action: string;
            /** @description What it was done to, such as a workflow id */
            subject: string;
            /** @description Of runs and decisions the outcome (done, refused or unknown) and code; no inputs, answers or comments */
            details: {
                [key: string]: unknown;
            };
        };
        ApiKey: {
            id: string;
            name: string;
            tenant: string;
            grants: string[];
            createdBy: string;
            /** Format: date-time */
            createdAt: string;
            /** Format: date-time */
            expiresAt?: string;
            /** Format: date-time */
            revokedAt?: string;
            /**
             * Format: date-time
             * @description To the minute
             */
            lastUsedAt?: string;
            /**
             * Format: date-time
             * @description Until when the secret before the last rotation is good
             */
            previousUntil?: string;
        };
        MadeKey: {
            id: string;
            /** @description The key itself. It is told this once */
            key: string;
        };
        NewKey: {
            name: string;
            /** @description Roles: viewer, or operator:sales_* for some pipelines */
            grants: string[];
            /** Format: date-time */
            expiresAt?: string;
        };
        Payloads: {
            payloads: components["schemas"]["Payload"][];
        };
        Payload: {
            /** @default {} */
            metadata: {
                [key: string]: string;
            };
            /**
             * Format: byte
             * @description Base64
             */
            data?: string;
        };
        WaitingApproval: {
            name: string;
            id: string;
            question: string;
            evidence?: unknown;
            /**
             * Format: date-time
             * @description ISO 8601, UTC
             */
            since: string;
            /**
             * Format: date-time
             * @description ISO 8601, UTC
             */
            deadline: string;
            /** @description JSON Schema of the answer */
            schema?: unknown;
            /** @description How many of them have not */
            missing?: number;
            /** @description Who has, where several must */
            approved?: {
                by?: string;
                /**
                 * Format: date-time
                 * @description ISO 8601, UTC
                 */
                at: string;
                decisionId?: string;
                answer?: unknown;
                comment?: string;
                missing?: number;
            }[];
            /** @description How many people must approve, where it is more than one */
            required?: number;
            /** @description Who may decide, where not everybody */
            roles?: string[];
            /**
             * @description Whoever started the run may not
             * @enum {boolean}
             */
            notStarter?: true;
            workflowId: string;
            runId: string;
            pipeline: string;
        };
        Decided: {
            /** @description approval#n */
            wait: string;
            approval: string;
            /** @enum {string} */
            decision: "approve" | "decline" | "expired" | "withdrawn";
            decisionId?: string;
            answer?: unknown;
            comment?: string;
            by?: string;
            at: string;
            /** @description How many more people must approve before the run goes on */
            missing?: number;
        };
        Decision: {
            /** @description Fits the approval's form */
            answer?: unknown;
            comment?: string;
            /** @description The same id again is harmless, also after the end of the run */
            decisionId?: string;
            /** @description Who decides; not proven while there is no authentication, and then who is logged in */
            by?: string;
            /** @description Of who decides, while there is no authentication */
            roles?: string[];
            /** @enum {string} */
            decision: "approve" | "decline";
        };
        CancelRequested: {
            workflowId: string;
            /** @enum {string} */
            status: "CANCEL_REQUESTED";
        };
        Pipeline: {
            id: string;
            description?: string;
            owner?: string;
            tags: string[];
            file: string;
            builtIn: boolean;
            /** @description JSON Schema, draft 2020-12 */
            input?: {
                [key: string]: unknown;
            };
            /** @description JSON Schema, draft 2020-12 */
            output?: {
                [key: string]: unknown;
            };
            approvals: {
                id: string;
                question: string;
                /** @description Milliseconds */
                within: number;
                /** @description JSON Schema, draft 2020-12 */
                schema?: {
                    [key: string]: unknown;
                };
                /** @description How many people must approve, where it is more than one */
                required?: number;
                /** @description Who may decide, where not everybody */
                roles?: string[];
                /**
                 * @description Whoever started the run may not
                 * @enum {boolean}
                 */
                notStarter?: true;
            }[];
            /** @description Milliseconds */
            maxDuration?: number;
        };
        Started: {
            workflowId: string;
            runId: string;
            /** @enum {string} */
            status: "STARTED";
        };
    };
    responses: never;
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export type operations = Record<string, never>;
