import react from '@vitejs/plugin-react'
import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vite'

const gateway = process.env.KITE_GATEWAY ?? 'https://localhost:8443'

export default defineConfig({
  plugins: [react()],
  resolve: { alias: { '@': fileURLToPath(new URL('./src', import.meta.url)) } },
  build: {
    target: 'es2022',
    // Which screen loads what: the budgets are measured by it, e2e/speed.spec.ts.
    manifest: true,
    sourcemap: false,
    // The strict policy of the gateway allows no inline code.
    modulePreload: { polyfill: false },
    rolldownOptions: {
      output: {
        codeSplitting: {
          // What every screen needs, in two files that change with the packages alone.
          groups: [
            {
              name: 'react',
              test: /node_modules\/(react|react-dom|scheduler|@tanstack\/(history|react-router|router-core|query-core|react-query|store|react-store))\//,
            },
            { name: 'api', test: /node_modules\/(@bufbuild|@connectrpc|i18next|react-i18next)\// },
          ],
        },
      },
    },
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 700,
  },
  server: {
    proxy: {
      '^/(kite\\.|files|l/|codec)': { target: gateway, secure: false, changeOrigin: false },
    },
  },
})
