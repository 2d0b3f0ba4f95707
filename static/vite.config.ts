import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vitest/config';
import { compressed } from './compressed';

export default defineConfig({
  plugins: [svelte(), compressed('dist/assets')],
  build: {
    target: 'es2022',
    outDir: 'dist',
    assetsDir: 'assets',
    // Fonts and images stay files: the content security policy allows no data: fonts.
    assetsInlineLimit: 0,
    // One page, one chunk: everything in it is needed at once.
    chunkSizeWarningLimit: 700,
    modulePreload: { polyfill: false },
  },
  test: {
    environment: 'node',
    include: ['test/**/*.test.ts'],
    env: { TZ: 'UTC' },
  },
});
