using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace FishCheckpoint.Benchmarks.EndToEnd.Processes;

/// <summary>A process that is measured from outside, and that goes with all it started when this object does.</summary>
internal sealed class ChildProcess : IAsyncDisposable
{
    // Clock ticks a second in /proc, the same on every Linux.
    private const double TicksPerSecond = 100;

    private readonly Process process;

    private ChildProcess(Process process) => this.process = process;

    public static ChildProcess Start(string program, params IEnumerable<string> arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { UseShellExecute = false };

        // As the API's own program has it; a trainer's process, which this one plays too, has the runtime's own choice.
        start.Environment["DOTNET_ThreadPool_UnfairSemaphoreSpinLimit"] = "0";
        start.Environment["Logging__LogLevel__Default"] = "Warning";
        return new ChildProcess(Process.Start(start)!);
    }

    /// <summary>Starts this program once more.</summary>
    public static ChildProcess StartSelf(params IEnumerable<string> arguments)
    {
        var program = Environment.ProcessPath!;
        return Path.GetFileNameWithoutExtension(program) == "dotnet"
            ? Start(program, arguments.Prepend(typeof(ChildProcess).Assembly.Location)) : Start(program, arguments);
    }

    /// <summary>The most memory that the process has had resident, in bytes.</summary>
    public long PeakResidentBytes() => Status("VmHWM:");

    /// <summary>The part of the resident memory that is the process's own and not the page cache's, in bytes.</summary>
    public long AnonymousBytes() => Status("RssAnon:");

    /// <summary>Processor time that the process and its children have spent, in seconds.</summary>
    public double CpuSeconds() => Children().Append(process.Id).Sum(CpuTicks) / TicksPerSecond;

    /// <summary>Waits until something listens at an address.</summary>
    public async Task WaitForAsync(Uri address)
    {
        for (var clock = Stopwatch.StartNew(); clock.Elapsed < TimeSpan.FromSeconds(30) && !process.HasExited; await Task.Delay(20))
        {
            try
            {
                using var client = new TcpClient();
                await client.ConnectAsync(IPAddress.Parse(address.Host), address.Port);
                return;
            }
            catch (SocketException)
            {
                // Not yet.
            }
        }

        throw new TimeoutException($"Nothing listens at {address}.");
    }

    public static Uri FreeAddress()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return new Uri($"http://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}");
    }

    public async ValueTask DisposeAsync()
    {
        process.Kill(entireProcessTree: true);
        await process.WaitForExitAsync();
        process.Dispose();
    }

    private IEnumerable<int> Children() =>
        File.ReadAllText($"/proc/{process.Id}/task/{process.Id}/children").Split(' ', StringSplitOptions.RemoveEmptyEntries)
        .Select(int.Parse);

    // Fields 14 and 15 of proc(5), counted after the name, which may hold blanks.
    private static long CpuTicks(int id)
    {
        var fields = File.ReadAllText($"/proc/{id}/stat").Split(')')[^1].Split(' ');
        return long.Parse(fields[12]) + long.Parse(fields[13]);
    }

    private long Status(string field) => long.Parse(
        File.ReadLines($"/proc/{process.Id}/status").First(line => line.StartsWith(field, StringComparison.Ordinal)).AsSpan(field.Length)
        .Trim(" \tkB")) * 1024;
}
