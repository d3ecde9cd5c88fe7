using System.Runtime.InteropServices;

namespace FishCheckpoint.Training;

/// <summary>Treats the first SIGTERM or Ctrl-C as a request to stop; the second one ends the process as usual.</summary>
internal sealed class StopSignals : IDisposable
{
    private readonly PosixSignalRegistration[] registrations;
    private volatile int signal;

    public StopSignals() => registrations =
        [PosixSignalRegistration.Create(PosixSignal.SIGTERM, context => Take(context, 15)),
            PosixSignalRegistration.Create(PosixSignal.SIGINT, context => Take(context, 2))];

    /// <summary>The number of the received signal; 0 if there was none.</summary>
    public int Signal => signal;

    public void Dispose() => Array.ForEach(registrations, registration => registration.Dispose());

    private void Take(PosixSignalContext context, int number)
    {
        context.Cancel = signal == 0;
        signal = signal == 0 ? number : signal;
    }
}
