import { defineConfig } from 'vite'

// The protocol client alone, as dist/rtc.js, for pages that bring their own interface.
export default defineConfig({
  publicDir: false,
  build: {
    target: 'es2022',
    emptyOutDir: false,
    lib: { entry: 'src/rtc/index.ts', formats: ['es'], fileName: () => 'rtc.js' },
  },
})
