/* SPDX-License-Identifier: GPL-2.0-only */
/* Bugs to switch on, in builds for tests. defects.json says what each is and breaks. */
#ifndef SA_DEFECTS_H
#define SA_DEFECTS_H

#define SA_DEFECTS(X)						\
	X(NONE, "none")						\
	/* How a request is read and checked. */		\
	X(UNKNOWN_IOCTL_EINVAL, "unknown-ioctl-einval")		\
	X(UNKNOWN_IOCTL_ENODEV, "unknown-ioctl-enodev")		\
	X(IOCTL_TYPE_UNCHECKED, "ioctl-type-unchecked")		\
	X(NO_COMPAT_IOCTL, "no-compat-ioctl")			\
	X(EFAULT_EINVAL, "efault-einval")			\
	X(WARN_ON_FAULT, "warn-on-fault")			\
	X(VERSION_UNCHECKED, "version-unchecked")		\
	X(VERSION_TRUNCATED_32, "version-truncated-32")		\
	X(RESERVED_UNCHECKED, "reserved-unchecked")		\
	X(RESERVED1_UNCHECKED, "reserved1-unchecked")		\
	X(RESERVED2_UNCHECKED, "reserved2-unchecked")		\
	X(FLAGS_UNCHECKED, "flags-unchecked")			\
	X(CLOEXEC_REFUSED, "cloexec-refused")			\
	/* How it is answered. */				\
	X(POSITIVE_RESULT, "positive-result")			\
	X(LENGTH_NOT_WRITTEN, "length-not-written")		\
	X(CLOEXEC_IGNORED, "cloexec-ignored")			\
	X(CLOEXEC_ALWAYS, "cloexec-always")			\
	X(EMFILE_ENOMEM, "emfile-enomem")			\
	X(LEAK_ON_EMFILE, "leak-on-emfile")			\
	X(FD_LEAK_ON_EFAULT, "fd-leak-on-efault")		\
	X(PUT_AFTER_INSTALL, "put-after-install")		\
	X(COPY_OUT_IGNORED, "copy-out-ignored")			\
	X(LEAK_ON_EFAULT, "leak-on-efault")			\
	X(INSTALL_BEFORE_ANSWER, "install-before-answer")	\
	X(DOUBLE_FETCH, "double-fetch")				\
	/* Devices, and how they are registered. */		\
	X(DEVICE_READABLE, "device-readable")			\
	X(OWNER_UNCHECKED, "owner-unchecked")			\
	X(MINORS_OFF_BY_ONE, "minors-off-by-one")		\
	X(FAILED_REGISTER_LOSES_MINOR, "failed-register-loses-minor") \
	X(UNREGISTER_WITHOUT_RELEASE, "unregister-without-release") \
	/* Buffers: length, contents, pages, life, mappings. */	\
	X(LENGTH_TRUNCATED_32, "length-truncated-32")		\
	X(ZERO_LENGTH_ACCEPTED, "zero-length-accepted")		\
	X(LENGTH_ROUNDED_DOWN, "length-rounded-down")		\
	X(LENGTH_PAGE_MORE, "length-page-more")			\
	X(HALF_REGION_LIMIT, "half-region-limit")		\
	X(EXHAUSTION_EINVAL, "exhaustion-einval")		\
	X(EXHAUSTION_ENOSPC, "exhaustion-enospc")		\
	X(NO_ZEROING, "no-zeroing")				\
	X(FIRST_PAGE_ZEROED, "first-page-zeroed")		\
	X(ODD_PAGES_NOT_ZEROED, "odd-pages-not-zeroed")		\
	X(TAIL_NOT_ZEROED, "tail-not-zeroed")			\
	X(ACCESS_MODE_DROPPED, "access-mode-dropped")		\
	X(WRITE_ONLY_READABLE, "write-only-readable")		\
	X(ORDER_IGNORED, "order-ignored")			\
	X(LEAK_ON_CLOSE, "leak-on-close")			\
	X(LEAK_ONE_IN_64, "leak-one-in-64")			\
	X(LEAK_OF_LARGE, "leak-of-large")			\
	X(LEAK_ON_FAILED_EXPORT, "leak-on-failed-export")	\
	X(MMAP_OFFSET_IGNORED, "mmap-offset-ignored")		\
	X(LAST_PAGE_UNMAPPABLE, "last-page-unmappable")

#define SA_DEFECT_MEMBER(member, name)	SA_##member,
enum sa_defect {
	SA_DEFECTS(SA_DEFECT_MEMBER)
};

/* The one that is switched on. */
extern enum sa_defect sa_defect;

struct dma_buf;

/* Takes over a reference that a defect has lost; it is put when another one is switched on. */
void sa_defect_keep(struct dma_buf *dmabuf);

#endif
