"""pyusb: look for devices, of which there may be none."""
import usb.backend.libusb1
import usb.core

backend = usb.backend.libusb1.get_backend()
assert backend is not None
for _ in range(50):
    assert all(device.idVendor >= 0 for device in usb.core.find(find_all=True, backend=backend))
