// Room:  EventLoop (floor 1).
// Task:  the life of a libuv handle: its memory, its owner, and closing it exactly once.
// May:   CLibuv.
// Proof: Tests/EventLoopTests/HandleTests.swift

import CLibuv

/// What has begun and may be given up; nothing is called back afterwards.
public protocol Cancellable: AnyObject {
    func cancel()
}

/// The common part of timers, sockets and the like. Confined to the loop's thread.
///
/// The memory of the libuv handle belongs to this object until `close`, then to libuv until its
/// close callback frees it. An object that is released without `close` closes itself, whichever
/// thread lets go of it (an actor may end anywhere), and is not called back any more.
public class LoopHandle {
    public let loop: EventLoop
    private let handle: UnsafeMutablePointer<uv_handle_t>
    public private(set) var isClosed = false
    /// libuv's answer to the handle's initialisation.
    let initialisation: Int32

    /// Finds the way from a libuv callback to the Swift object, or nothing if that is gone: a weak
    /// reference, because the object may be on its way out on another thread.
    private final class Owner {
        weak var object: LoopHandle?
        init(_ object: LoopHandle) { self.object = object }
    }

    init(
        loop: EventLoop, type: uv_handle_type,
        _ initialise: (UnsafeMutablePointer<uv_loop_t>, UnsafeMutableRawPointer) -> Int32
    ) {
        loop.preconditionOnLoop()
        self.loop = loop
        let memory = UnsafeMutableRawPointer.allocate(
            byteCount: uv_handle_size(type), alignment: 16)
        handle = memory.bindMemory(to: uv_handle_t.self, capacity: 1)
        initialisation = initialise(loop.uv, memory)
        if initialisation == 0 {
            uv_handle_set_data(handle, Unmanaged.passRetained(Owner(self)).toOpaque())
        } else {
            isClosed = true
            memory.deallocate()
        }
    }

    deinit {
        guard !isClosed else { return }
        if loop.isOnLoop {
            LoopHandle.release(handle)
        } else {
            loop.adopt(EventLoop.Orphan(handle: handle))
        }
    }

    /// Ends the handle. Nothing is called back afterwards. A second call does nothing.
    public func close() {
        loop.preconditionOnLoop()
        guard !isClosed else { return }
        willClose()
        isClosed = true
        LoopHandle.release(handle)
    }

    /// Where a subclass lets go of its callbacks, which often hold the owner.
    func willClose() {}

    /// The handle as libuv's type. Not after `close`.
    func pointer<T>(_ type: T.Type) -> UnsafeMutablePointer<T> {
        loop.preconditionOnLoop()
        precondition(!isClosed, "used after close")
        return UnsafeMutableRawPointer(handle).assumingMemoryBound(to: type)
    }

    /// The object behind a callback's handle, unless it is closed or gone.
    static func object<T: LoopHandle>(
        behind handle: UnsafeMutableRawPointer?, _ type: T.Type
    ) -> T? {
        guard let handle else { return nil }
        let data = uv_handle_get_data(handle.assumingMemoryBound(to: uv_handle_t.self))
        guard let data else { return nil }
        let object = Unmanaged<Owner>.fromOpaque(data).takeUnretainedValue().object as? T
        guard let object, !object.isClosed else { return nil }
        return object
    }

    static func release(_ handle: UnsafeMutablePointer<uv_handle_t>) {
        guard uv_is_closing(handle) == 0 else { return }
        uv_close(handle) { handle in
            guard let handle else { return }
            if let data = uv_handle_get_data(handle) {
                Unmanaged<Owner>.fromOpaque(data).release()
            }
            UnsafeMutableRawPointer(handle).deallocate()
        }
    }
}
