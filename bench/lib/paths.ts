import path from 'node:path';

/** The folder of package.json. */
export const root = path.resolve(import.meta.dirname, '../..');
export const buildFolder = path.join(root, 'build-bench');
export const loadProgram = path.join(buildFolder, 'bench_load');
export const bareServerProgram = path.join(buildFolder, 'bench_epoll_echo');
export const bareFrameServerProgram = path.join(buildFolder, 'bench_epoll_framed');
export const timersProgram = path.join(root, 'bench/timers.mjs');
export const serversFolder = path.join(root, 'bench/servers');
