/** The presets with a first wait that tests can wait for: what is tested is that a step goes on, not how long it pauses. */
export const quickly = {
  loading: { retry: { preset: 'loading', firstWait: '1 second' } },
  undoing: { retry: { preset: 'backup', firstWait: '1 second' } },
  working: { retry: { preset: 'default', firstWait: '1 second' } },
} as const;
