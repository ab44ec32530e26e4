// Clients of the services that many screens call; the others make their own over the same channel.

import { createClient } from '@connectrpc/connect'

import { BuyoutService } from '@/gen/kite/buyout/v1/buyout_pb'
import { InspectionService } from '@/gen/kite/inspection/v1/inspection_pb'
import { TaskService } from '@/gen/kite/task/v1/task_pb'
import { transport } from './channel'

export const tasks = createClient(TaskService, transport)
export const buyouts = createClient(BuyoutService, transport)
export const inspections = createClient(InspectionService, transport)
