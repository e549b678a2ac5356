/* SPDX-License-Identifier: GPL-2.0-only */
/* What changed in the kernel's interfaces between 6.1 and 7.3; nothing else asks for a version. */
#ifndef SA_COMPAT_H
#define SA_COMPAT_H

#include <linux/module.h>
#include <linux/version.h>

/* Since 6.13 a namespace is a string. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 13, 0)
#define SA_IMPORT_NS(ns)	MODULE_IMPORT_NS(#ns)
#else
#define SA_IMPORT_NS(ns)	MODULE_IMPORT_NS(ns)
#endif

#endif
