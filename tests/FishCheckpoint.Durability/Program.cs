using FishCheckpoint.Durability.Children;
using FishCheckpoint.Durability.Faults;
using FishCheckpoint.Durability.Power;
using FishCheckpoint.Durability.Suites;

const string usage = """
    crash [--kills 500] [--seed N]          SIGKILL a process at random moments, start it again, and compare with what it had acknowledged
    faults [--stride 1] [--from 1] [--to N] make each call that writes, syncs, creates, renames, cuts or removes a file fail in turn,
           [--kind sync] [--way EMFILE]     that opens one, or asks for memory; or those of one kind or one way of failing alone:
                                            write, sync, truncate, rename, unlink, create, map, open, memory; ENOSPC, EIO, EMFILE...
    copies [--stride 1]                     kill and fail backups and restores at each call that changes a file of the copy
    memory [--from 2048] [--to 12288] [--stride 64] [--seed N]
                                            operations in a managed heap of growing sizes, in KiB, so that .NET runs out of memory
    full-disk [--rounds 100] [--seed N]     fill a small file system (root mounts it), and go on working
    bitflip [--stride 1]                    flip each byte of a small store in turn, and read everything; and a bit of each page, and repair
    model [--operations 5000] [--seed N]    random operations beside a model of the store in memory
    concurrency [--processes 4] [--threads 4] [--operations 400] [--seed N]
                                            several processes with several threads on one data folder
    follow [--kills 100] [--seed N] [--fish PATH]
                                            SIGKILL 'fishckpt pull --follow' at random moments while another process saves, and look on
    power [--states 20000] [--seed N]       build what a disk may hold after the power was lost at random moments, and open the store there
          [--state N] [--records PATH]      or one such state, of records that an earlier run has kept
          [--work restore]                  or only those of one work: script, drawn, restore, restore-in-place, repair...
          [--weakness FileSyncs]            on a disk whose syncs do nothing, of files (FileSyncs) or of folders (FolderSyncs)
    --minutes N                             begin nothing more after that
    Each prints what it counted, and what it found; the exit code is 1 if that is anything.
    """;

if (Environment.GetEnvironmentVariable(ChildProgram.Role) is not null)
{
    return await ChildProgram.RunAsync(args);
}

var folder = Directory.CreateTempSubdirectory("fish-durability-").FullName;
var clock = System.Diagnostics.Stopwatch.StartNew();
var progress = new Progress(TimeSpan.FromMinutes(Number("--minutes", 1_000_000)), Console.Error);
var seed = Number("--seed", Random.Shared.Next(1_000_000));
try
{
    var result = args.FirstOrDefault() switch
    {
        "crash" => await new CrashSuite(seed, folder).RunAsync(Number("--kills", 500), progress),
        "faults" => await FaultLibrary.CompileAsync(folder) is { } library
            ? await new FaultSuite(library, folder).RunAsync(
                Number("--stride", 1), progress, Number("--from", 1), Number("--to", int.MaxValue), Text("--kind"), Text("--way")) : null,
        "copies" => await FaultLibrary.CompileAsync(folder) is { } shim
        ? await new CopySuite(shim, folder).RunAsync(Number("--stride", 1), progress) : null,
        "memory" => await new MemorySuite(seed, folder).RunAsync(
            Number("--from", 2048), Number("--to", 12_288), Number("--stride", 64), progress),
        "full-disk" => await FullDiskAsync(),
        "bitflip" => await FlipAsync(),
        "model" => await ModelSuite.RunAsync(seed, Number("--operations", 5000), folder, progress),
        "concurrency" => await ConcurrencySuite.RunAsync(
            folder, Number("--processes", 4), Number("--threads", 4), Number("--operations", 400), seed),
        "power" => await PowerAsync(),
        "follow" => await new FollowSuite(seed, folder, Text("--fish") is { Length: > 0 } path ? path : FollowSuite.Built)
            .RunAsync(Number("--kills", 100), progress),
        _ => throw new ArgumentException(usage),
    };
    Console.WriteLine($"{string.Join(' ', args)} (seed {seed}, {clock.Elapsed.TotalSeconds:F0} s)");
    Console.WriteLine(result?.ToString() ?? "SKIPPED: this system has no compiler, or lets this user mount nothing.");
    return result is null ? 2 : result.Findings.Count == 0 ? 0 : 1;
}
catch (ArgumentException error) when (error.Message == usage)
{
    await Console.Error.WriteLineAsync(usage);
    return 2;
}
finally
{
    Directory.Delete(folder, recursive: true);
}

string Text(string option) => Array.IndexOf(args, option) is var place and >= 0 ? args[place + 1] : "";

int Number(string option, int otherwise) => Array.IndexOf(args, option) is var place and >= 0 ? int.Parse(args[place + 1]) : otherwise;

async Task<SuiteResult?> PowerAsync()
{
    if (await FaultLibrary.CompileAsync(folder) is not { } library)
    {
        return null;
    }

    var records = Text("--records") is { Length: > 0 } path ? Path.GetFullPath(path) : Path.Combine(folder, "records");
    var weakness = Text("--weakness") is { Length: > 0 } name ? Enum.Parse<Weakness>(name) : Weakness.None;
    var result = await new PowerSuite(library, records, seed, weakness, Text("--records").Length > 0)
        .RunAsync(Number("--states", 20_000), progress, Number("--state", -1) is >= 0 and var state ? state : null, Text("--work"));
    if (result.Findings.Count > 0 && records.StartsWith(folder, StringComparison.Ordinal))
    {
        var kept = Path.Combine(Path.GetTempPath(), $"fish-power-{seed}-{Environment.ProcessId}");
        Directory.Move(records, kept);
        await Console.Error.WriteLineAsync($"The records are kept in {kept}: --records, with --seed and --state, builds a finding again.");
    }

    return result;
}

async Task<SuiteResult?> FullDiskAsync()
{
    await using var disk = await SmallFileSystem.TryMountAsync(Path.Combine(folder, "disk"), mebibytes: 16);
    return disk is null ? null : await new FullDiskSuite(disk.Folder, folder).RunAsync(Number("--rounds", 100), seed, progress);
}

async Task<SuiteResult> FlipAsync()
{
    var memory = Directory.CreateDirectory(
        Path.Combine(Directory.Exists("/dev/shm") ? "/dev/shm" : folder, $"fish-flips-{Environment.ProcessId}")).FullName;
    try
    {
        return await new BitFlipSuite(memory).RunAsync(Number("--stride", 1), progress);
    }
    finally
    {
        Directory.Delete(memory, recursive: true);
    }
}
