namespace FishCheckpoint.Benchmarks.EndToEnd.Processes;

/// <summary>The server in a process of its own, so that its memory and time can be told from the client's.</summary>
internal sealed class ServerProcess(ChildProcess process, Uri address) : IAsyncDisposable
{
    public ChildProcess Process => process;

    public Uri Address => address;

    public static async Task<ServerProcess> StartAsync(string dataFolder, params string[] settings)
    {
        var address = ChildProcess.FreeAddress();
        var process = ChildProcess.StartSelf(["serve", "--urls", $"{address}", "--FishCheckpoint:DataFolder", dataFolder, .. settings]);
        await process.WaitForAsync(address);
        return new ServerProcess(process, address);
    }

    /// <summary>The most memory that the process has had resident, in bytes.</summary>
    public long PeakResidentBytes() => process.PeakResidentBytes();

    /// <summary>The part of the resident memory that is the process's own and not the page cache's, in bytes.</summary>
    public long AnonymousBytes() => process.AnonymousBytes();

    public ValueTask DisposeAsync() => process.DisposeAsync();
}
