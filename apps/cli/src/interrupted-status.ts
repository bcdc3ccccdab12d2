/** Status a shell expects of a program that SIGINT ended. */
export const INTERRUPTED_STATUS = 130;
