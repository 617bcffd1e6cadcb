/** What this agent can be asked for, by the ids of its card. */
export const skillIds = {
  requestAccess: 'request-access',
  requestResource: 'request-resource',
  submitProof: 'submit-proof',
} as const
