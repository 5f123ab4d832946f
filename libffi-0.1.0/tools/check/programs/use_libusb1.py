"""libusb1: look for devices, of which there may be none."""
import usb1

for _ in range(50):
    with usb1.USBContext() as context:
        assert all(device.getVendorID() >= 0 for device in context.getDeviceIterator(skip_on_error=True))
assert usb1.getVersion().major == 1
