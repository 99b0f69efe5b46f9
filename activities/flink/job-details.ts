/** What we read of /jobs/:id. Times are milliseconds of the epoch, 0 for never. */
export interface JobDetails {
  readonly jid: string;
  readonly state: string;
  readonly now: number;
  /** Milliseconds. */
  readonly duration?: number;
  readonly timestamps: Readonly<Record<string, number>>;
  readonly vertices?: readonly { readonly status: string }[];
  /** Vertices by their state. */
  readonly 'status-counts'?: Readonly<Record<string, number>>;
}
