/** PostgreSQL refuses to run as root: then it runs as nobody, who owns nothing but its files. */
export const serverUser: { readonly uid?: number; readonly gid?: number } =
  process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {}
