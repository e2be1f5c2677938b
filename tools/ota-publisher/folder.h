/* SPDX-License-Identifier: Apache-2.0 */
/* Files of one folder, for names that come from strangers. */
#ifndef PUBLISHER_FOLDER_H
#define PUBLISHER_FOLDER_H

/*
 * Opens a regular file below the folder for reading. path begins with '/', which stands for the
 * folder. Returns the descriptor, or -1 if there is no such file: names that are empty or begin
 * with a dot, and symbolic links on any level, name none, so nothing outside can be reached, not
 * even if the folder changes meanwhile.
 */
int folder_open(int folder_fd, const char *path);

#endif
