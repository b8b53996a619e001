import Foundation
import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// The first signal that asked the process to stop; 0 while none did.
private let asked = Atomic<Int32>(0)
/// Whether that ends the work at once, with nothing to finish first.
private let isPlain = Atomic<Bool>(false)

/// Lets a run finish the images in flight when Ctrl-C is pressed, or a cluster warns that the machine is wanted back.
///
/// Signals come in twos: a batch system sends its warning to every process of a job, and the job's script hands it on to
/// the same ones; a terminal that is closed sends SIGHUP, and so does its shell. So only Ctrl-C after another signal ends
/// the process at once; the store survives that too, as it does SIGKILL.
enum Interruption {
  static var isRequested: Bool { asked.load(ordering: .relaxed) != 0 }

  /// Of a process that was asked to stop: 128 + the signal's number, as shells count.
  static var exitCode: Int32 {
    let signal = asked.load(ordering: .relaxed)
    return 128 + (signal == 0 ? SIGINT : signal)
  }

  /// What ends a run with its images in flight finished: Ctrl-C, `kill`, a terminal that is gone, the warnings of batch
  /// systems before they take a machine back or a limit of time is reached, and a used-up limit of processor time.
  static let signals = [SIGINT, SIGTERM, SIGHUP, SIGUSR1, SIGUSR2, SIGXCPU]

  /// Signals that the process was started to ignore (`nohup`) are ignored further on.
  /// - Parameter finishesImages: false for work that has no images in flight, and stops at once.
  static func watch(finishesImages: Bool = true) {
    // Touched here once, so that the handler never initialises them.
    _ = asked.load(ordering: .relaxed)
    isPlain.store(!finishesImages, ordering: .relaxed)
    // Whoever starts processes from a thread that blocks signals, as those of libdispatch do, hands the blocking on.
    var mask = sigset_t()
    unsafe sigemptyset(&mask)
    for number in signals where !isIgnored(number) {
      unsafe sigaddset(&mask, number)
      signal(number) { received in
        let (isFirst, _) = asked.compareExchange(expected: 0, desired: received, ordering: .relaxed)
        signal(SIGINT, SIG_DFL)
        guard isFirst else { return }
        // Only what is safe in a signal handler: no allocation, no locks.
        say("\nStopping")
        say(words(for: received))
        say(
          isPlain.load(ordering: .relaxed)
            ? ".\n" : ": the images in flight are finished. Press Ctrl-C again to stop at once.\n")
      }
    }
    unsafe pthread_sigmask(SIG_UNBLOCK, &mask, nil)
  }

  /// From here on signals end the process at once: everything that was measured is stored.
  static func unwatch() {
    for number in signals where !isIgnored(number) { signal(number, SIG_DFL) }
  }

  private static func isIgnored(_ number: Int32) -> Bool {
    var action = sigaction()
    guard unsafe sigaction(number, nil, &action) == 0 else { return false }
    #if canImport(Glibc)
      let handler = unsafe action.__sigaction_handler.sa_handler
    #else
      let handler = unsafe action.__sa_handler.sa_handler
    #endif
    return unsafe unsafeBitCast(handler, to: Int.self) == unsafeBitCast(SIG_IGN, to: Int.self)
  }
}

// Free functions: a handler can capture nothing, not even the type.
private func words(for signal: Int32) -> StaticString {
  switch signal {
  case SIGTERM: " on SIGTERM"
  case SIGHUP: " on SIGHUP"
  case SIGUSR1: " on SIGUSR1"
  case SIGUSR2: " on SIGUSR2"
  case SIGXCPU: " on SIGXCPU"
  default: ""
  }
}

private func say(_ text: StaticString) {
  _ = unsafe write(STDERR_FILENO, text.utf8Start, text.utf8CodeUnitCount)
}
