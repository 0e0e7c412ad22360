import react from '@vitejs/plugin-react'
import { defineConfig } from 'vitest/config'

// The page. `npm run dev` hands the server's own paths to a switchyard that listens on :8080.
const server = { target: 'http://localhost:8080', ws: true }

export default defineConfig({
  plugins: [react()],
  build: {
    target: 'es2022',
    sourcemap: false,
    chunkSizeWarningLimit: 900,
    // What the meeting page needs is one file, what the pages around it share another: not fifty small ones.
    rolldownOptions: { output: { codeSplitting: { groups: [{ name: 'meeting', tags: ['$initial'] }, { name: 'pages', minShareCount: 2 }] } } },
  },
  server: { proxy: { '/rtc': server, '/invite': server, '/whip': server, '/whep': server, '/api': server } },
  test: { include: ['src/**/*.test.ts'], environment: 'node' },
})
