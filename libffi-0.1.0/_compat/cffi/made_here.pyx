"""Classes whose objects the backend makes: one that Python made would have no type, and no address to check."""

cdef extern from "../instances.h":
    void refuse_instances(PyTypeObject *)


for _made_here in (_CDataBase, __CDataOwn, __CDataOwnGC, __CDataFromBuf, __CDataGCP, __CData_iterator, CType, CField,
                   CLibrary, _Callback, _Stream):
    refuse_instances(<PyTypeObject *>_made_here)
del _made_here
