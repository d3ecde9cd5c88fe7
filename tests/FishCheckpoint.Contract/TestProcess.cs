using System.Diagnostics;

namespace FishCheckpoint.Contract;

/// <summary>Describes the processes that tests start.</summary>
public static class TestProcess
{
    /// <summary>
    /// A process with captured output and the default actions of SIGINT and SIGQUIT. It would inherit ignored ones from a test run in the
    /// background.
    /// </summary>
    /// <param name="program">The program.</param>
    /// <param name="arguments">Its arguments.</param>
    public static ProcessStartInfo Describe(string program, params IEnumerable<string> arguments)
    {
        var start = OperatingSystem.IsLinux()
            ? new ProcessStartInfo("env", ["--default-signal=INT,QUIT", program, .. arguments])
            : new ProcessStartInfo(program, arguments);
        (start.RedirectStandardOutput, start.RedirectStandardError, start.UseShellExecute) = (true, true, false);
        return start;
    }
}
