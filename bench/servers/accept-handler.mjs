// The handler of accepting.mjs, for the threads: returning ends the connection.
export default function end() {}
