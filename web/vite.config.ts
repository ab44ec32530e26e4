import react from '@vitejs/plugin-react'
import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vite'

const gateway = process.env.KITE_GATEWAY ?? 'https://localhost:8443'

export default defineConfig({
  plugins: [react()],
  resolve: { alias: { '@': fileURLToPath(new URL('./src', import.meta.url)) } },
  build: {
    target: 'es2022',
    sourcemap: false,
    // The strict policy of the gateway allows no inline code.
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 700,
  },
  server: {
    proxy: {
      '^/(kite\\.|files|l/|codec)': { target: gateway, secure: false, changeOrigin: false },
    },
  },
})
