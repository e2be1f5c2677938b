/* SPDX-License-Identifier: Apache-2.0 */
#ifndef EXAMPLE_UPDATE_TASK_H
#define EXAMPLE_UPDATE_TASK_H

/* Joins the network, starts the agent, and asks for an update. Does not return. */
void update_task(void *arg);

#endif
