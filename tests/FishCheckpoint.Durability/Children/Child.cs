using System.Diagnostics;
using System.Reflection;
using FishCheckpoint.Codec;
using FishCheckpoint.Durability.Operations;
using FishCheckpoint.Engine.Ports;
using FishCheckpoint.Storage;

namespace FishCheckpoint.Durability.Children;

/// <summary>A child process as its parent sees it: the lines that it has said, and how it ended.</summary>
public sealed class Child : IDisposable
{
    // Long enough for a busy machine; whatever takes longer hangs.
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(10);

    private readonly Process process;
    private readonly Task<string> errors;

    private Child(Process process)
    {
        this.process = process;
        errors = process.StandardError.ReadToEndAsync();
    }

    public int ExitCode => process.ExitCode;

    /// <summary>Starts this program again, as a child.</summary>
    public static Child Start(IEnumerable<string> arguments, IReadOnlyDictionary<string, string>? environment = null)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!)
        {
            UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true,
        };
        if (Path.GetFileNameWithoutExtension(start.FileName) == "dotnet")
        {
            start.ArgumentList.Add(Assembly.GetEntryAssembly()!.Location);
        }

        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        start.Environment[ChildProgram.Role] = "1";

        // A killed runtime cannot remove its diagnostic pipes. Short runs gain nothing from compiling twice.
        start.Environment["DOTNET_EnableDiagnostics"] = "0";
        start.Environment["DOTNET_TieredPGO"] = "0";
        foreach (var (name, value) in environment ?? new Dictionary<string, string>(StringComparer.Ordinal))
        {
            start.Environment[name] = value;
        }

        return new Child(Process.Start(start)!);
    }

    /// <summary>The next line; <see langword="null"/> at the end.</summary>
    /// <exception cref="TimeoutException">It hangs.</exception>
    public async Task<string?> ReadLineAsync()
    {
        try
        {
            return await process.StandardOutput.ReadLineAsync().WaitAsync(Longest);
        }
        catch (TimeoutException)
        {
            Kill();
            throw;
        }
    }

    /// <summary>Kills it with SIGKILL.</summary>
    public void Kill() => process.Kill();

    /// <summary>Waits for the end, and gives what it said on its error stream.</summary>
    public async Task<string> EndAsync()
    {
        await process.WaitForExitAsync();
        return await errors;
    }

    public void Dispose()
    {
        if (!process.HasExited)
        {
            process.Kill();
        }

        process.Dispose();
    }
}

/// <summary>What a child process is to do.</summary>
/// <param name="Folder">The data folder; what it hands in lies beside it.</param>
/// <param name="Seed">The seed of the operations; negative: the script.</param>
/// <param name="First">The number of the first one.</param>
/// <param name="Count">How many; then it closes the store.</param>
/// <param name="Dense">Whether bases are compressed.</param>
/// <param name="MaxRefusals">How many operations may be refused because the disk does, before it ends.</param>
/// <param name="Grace">Whether what is deleted can be brought back; otherwise it goes at once.</param>
public sealed record ChildArguments(
    string Folder, int Seed, int First, int Count, bool Dense = false, int MaxRefusals = int.MaxValue, bool Grace = true)
{
    public StoreOptions ToOptions() => new()
    {
        // Longer than any run, and on a full disk too.
        DeletionGrace = Grace ? TimeSpan.FromDays(30) : TimeSpan.Zero,
        MinFreeBytes = 0, DataFolder = Folder, Codec = new CodecOptions { Effort = CodecEffort.Fast },
        Bases = Dense ? BaseCompression.Compressed : BaseCompression.None,
        Retention = ModelRetention.OfStore,
    };

    public string[] ToList() => [Folder, $"{Seed}", $"{First}", $"{Count}", $"{Dense}", $"{MaxRefusals}", $"{Grace}"];

    public static ChildArguments Parse(IReadOnlyList<string> list) =>
        new(
            list[0], int.Parse(list[1]), int.Parse(list[2]), int.Parse(list[3]), bool.Parse(list[4]), int.Parse(list[5]),
            bool.Parse(list[6]));
}
