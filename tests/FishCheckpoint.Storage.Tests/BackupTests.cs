using FishCheckpoint.Checkpoints;
using FishCheckpoint.Contract;
using FishCheckpoint.Errors;
using FishCheckpoint.Storage.Backups;
using FishCheckpoint.Storage.Folders;
using Xunit;

namespace FishCheckpoint.Storage.Tests;

/// <summary>A backup of a store in use is a store of one moment, or is not there.</summary>
public sealed class BackupTests : VerifyTest
{
    private string Target => Path.Combine(Options.DataFolder, "..", "backup");

    [Fact]
    public async Task Backup_CanBeOpenedAndHoldsEverything()
    {
        var saves = await PrepareAsync();
        var report = await Store.Maintenance.BackupAsync(new BackupOptions { To = Target }, Stop);
        Assert.Equal((2L, 0L, 0L), (report.Copied, report.Linked, report.Kept));
        Assert.Equal(Keys.Count, report.Checkpoints);
        Assert.Empty(report.Damaged);
        Assert.Equal(["backup.json", "backup.lock", "bases", "fish.db"], Names(Target));
        await using var copy = await SqliteCheckpointStore.OpenAsync(new StoreOptions { DataFolder = Target }, Stop);
        Assert.Empty((await copy.Maintenance.VerifyAsync(null, Stop)).Damaged);
        foreach (var ((task, step), model) in saves.Models)
        {
            Assert.Equal(model.ToBytes(), await copy.RestoreAsync(task, step));
        }
    }

    [Fact]
    public async Task Backup_Again_CopiesNoFileTwice()
    {
        await PrepareAsync();
        await Store.Maintenance.BackupAsync(new BackupOptions { To = Target }, Stop);
        await SaveAsync(60, Base.Change(60, 0.001));
        Models.Add(("task", 60), Base.Change(60, 0.001));
        var again = await Store.Maintenance.BackupAsync(new BackupOptions { To = Target }, Stop);
        Assert.Equal((0L, 2L, 0L), (again.Copied, again.Kept, again.BaseBytes));
        await using var copy = await SqliteCheckpointStore.OpenAsync(new StoreOptions { DataFolder = Target }, Stop);
        Assert.Equal(Base.Change(60, 0.001).ToBytes(), await copy.RestoreAsync("task", 60));
        Assert.Equal(Keys.Count, (await copy.Maintenance.VerifyAsync(null, Stop)).Checkpoints);
    }

    [Fact]
    public async Task Backup_Again_MendsItsOwnFilesAndKeepsThemFromDamage()
    {
        await PrepareAsync();
        await Store.Maintenance.BackupAsync(new BackupOptions { To = Target }, Stop);
        var copied = Path.Combine(Target, Path.GetRelativePath(Options.DataFolder, BaseFileOf(Base)));
        FlipFile(copied, 2_000_000);
        Assert.Equal(1, (await Store.Maintenance.BackupAsync(new BackupOptions { To = Target }, Stop)).Copied);
        Assert.Equal(Base.ToBytes(), await File.ReadAllBytesAsync(copied, Stop));

        FlipFile(BaseFileOf(Base), 2_000_000);
        var kept = await Store.Maintenance.BackupAsync(new BackupOptions { To = Target }, Stop);
        Assert.Equal(2, kept.Kept);
        Assert.Equal(Base.ToBytes(), await File.ReadAllBytesAsync(copied, Stop));
    }

    [Fact]
    public async Task Backup_OfADamagedBase_SaysSoAndLeavesItOut()
    {
        await PrepareAsync();
        FlipFile(BaseFileOf(Base), 2_000_000);
        var report = await Store.Maintenance.BackupAsync(new BackupOptions { To = Target }, Stop);
        Assert.StartsWith("base ", Assert.Single(report.Damaged).Key, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFiles(Target, ".*", SearchOption.AllDirectories));
        await using var copy = await SqliteCheckpointStore.OpenAsync(new StoreOptions { DataFolder = Target }, Stop);
        Assert.True((await copy.Maintenance.VerifyCheckpointAsync("narrow", StepRef.At(1), Stop)).Sound);
    }

    [Fact]
    public async Task Backup_Linked_TakesNoRoom()
    {
        await PrepareAsync();
        var report = await Store.Maintenance.BackupAsync(new BackupOptions { To = Target, Link = true }, Stop);
        Assert.Equal((0L, 2L, 0L), (report.Copied, report.Linked, report.BaseBytes));
        await using var copy = await SqliteCheckpointStore.OpenAsync(new StoreOptions { DataFolder = Target }, Stop);
        Assert.Empty((await copy.Maintenance.VerifyAsync(null, Stop)).Damaged);
    }

    [Fact]
    public async Task Backup_DuringSaves_HoldsEverySaveUpToAMoment()
    {
        using var done = new CancellationTokenSource();
        var acknowledged = 0L;
        var saving = Task.Run(
            async () =>
            {
                for (var step = 1; !done.IsCancellationRequested; step++)
                {
                    await SaveAsync(step, Base.Change(step, 0.001));
                    Interlocked.Exchange(ref acknowledged, step);
                }
            },
            Stop);
        for (var round = 0; round < 4; round++)
        {
            while (Interlocked.Read(ref acknowledged) < 3 * (round + 1))
            {
                await Task.Delay(5, Stop);
            }

            var (before, target) = (Interlocked.Read(ref acknowledged), Path.Combine(Target, $"{round}"));
            await Store.Maintenance.BackupAsync(new BackupOptions { To = target }, Stop);
            var after = Interlocked.Read(ref acknowledged) + 1;
            await using var copy = await SqliteCheckpointStore.OpenAsync(new StoreOptions { DataFolder = target }, Stop);
            var steps = (await copy.Checkpoints.ListAsync("task", new PageRequest(1000), Stop).ReadPageAsync()).Items.Select(
                item => item.Step).ToArray();
            Assert.Equal(Enumerable.Range(1, steps.Length).Select(step => (long)step), steps);
            Assert.InRange(steps.Length, before, after);
            Assert.Empty((await copy.Maintenance.VerifyAsync(null, Stop)).Damaged);
            Assert.Equal(Base.Change(steps.Length, 0.001).ToBytes(), await copy.RestoreAsync("task", steps.Length));
        }

        await done.CancelAsync();
        await saving;
    }

    [Fact]
    public async Task Backup_IntoSomethingElse_IsRefused()
    {
        await PrepareAsync();
        Directory.CreateDirectory(Target);
        await File.WriteAllTextAsync(Path.Combine(Target, "thesis.txt"), "mine", Stop);
        await RefusedAsync(ErrorCode.FolderTaken, () => Store.Maintenance.BackupAsync(new BackupOptions { To = Target }, Stop));
        Assert.Equal(["thesis.txt"], Names(Target));
        await RefusedAsync(ErrorCode.FolderTaken, () => Store.Maintenance.BackupAsync(new BackupOptions { To = Options.DataFolder }, Stop));
    }

    [Fact]
    public async Task Backup_IntoAStoreThatIsInUse_IsRefused()
    {
        await PrepareAsync();
        await Store.Maintenance.BackupAsync(new BackupOptions { To = Target }, Stop);
        await using var copy = await SqliteCheckpointStore.OpenAsync(new StoreOptions { DataFolder = Target }, Stop);
        await copy.Tasks.PutAsync("other", new TaskSpec("base"), Stop);
        await RefusedAsync(ErrorCode.FolderTaken, () => Store.Maintenance.BackupAsync(new BackupOptions { To = Target }, Stop));
        Assert.Equal("other", (await copy.Tasks.GetAsync("other", Stop)).Name);
    }

    [Fact]
    public async Task Backup_IntoAnotherStoresFolder_IsRefusedAndLeavesNothing()
    {
        await PrepareAsync();
        await using (var other = await SqliteCheckpointStore.OpenAsync(new StoreOptions { DataFolder = Target }, Stop))
        {
            var open = Names(Target);
            await RefusedAsync(
                ErrorCode.FolderTaken, () => Store.Maintenance.BackupAsync(new BackupOptions { To = Target, Replace = true }, Stop));
            Assert.Equal(open, Names(Target));
        }

        var before = Contents(Target);
        await RefusedAsync(ErrorCode.FolderTaken, () => Store.Maintenance.BackupAsync(new BackupOptions { To = Target }, Stop));
        Assert.Equal(before, Contents(Target));
    }

    [Fact]
    public async Task Backup_Canceled_LeavesNothingAndAnEarlierOneAsItWas()
    {
        await PrepareAsync();
        using var canceled = new CancellationTokenSource();
        await canceled.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => Store.Maintenance.BackupAsync(new BackupOptions { To = Target }, canceled.Token));
        Assert.False(Directory.Exists(Target));
        await Store.Maintenance.BackupAsync(new BackupOptions { To = Target }, Stop);
        var before = Contents(Target);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => Store.Maintenance.BackupAsync(new BackupOptions { To = Target }, canceled.Token));
        Assert.Equal(before, Contents(Target));
    }

    [Fact]
    public async Task Backup_WithoutRoom_SaysSoAndLeavesNothing()
    {
        await PrepareAsync();

        // A folder that cannot be made stands for a disk that cannot be written.
        await File.WriteAllTextAsync(Target, "", Stop);
        var error = await RefusedAsync(ErrorCode.StorageUnavailable, () => Store.Maintenance.BackupAsync(
            new BackupOptions { To = Path.Combine(Target, "inner") }, Stop));
        Assert.Contains("inner", error.Key + error.Cause, StringComparison.Ordinal);
        Assert.Equal("", await File.ReadAllTextAsync(Target, Stop));
    }

    [Fact]
    public async Task BrokenOff_IsRefusedByWhoOpensIt_AndMadeAgain()
    {
        await PrepareAsync();
        Incomplete.Begin(Target);
        await File.WriteAllTextAsync(Path.Combine(Target, "fish.db"), "half", Stop);
        await RefusedAsync(
            ErrorCode.StoreIncomplete, () => SqliteCheckpointStore.OpenAsync(new StoreOptions { DataFolder = Target }, Stop));
        await RefusedAsync(ErrorCode.StoreIncomplete, () => StoreRestore.RunAsync(Target, Target + "-restored", Stop));
        await Store.Maintenance.BackupAsync(new BackupOptions { To = Target }, Stop);
        Assert.Equal(["backup.json", "backup.lock", "bases", "fish.db"], Names(Target));
    }

    [Fact]
    public async Task Backup_WhileAnotherIsUnderWay_IsRefusedAndDisturbsNothing()
    {
        await PrepareAsync();
        await Store.Maintenance.BackupAsync(new BackupOptions { To = Target }, Stop);
        var before = Contents(Target);
        using (new FileStream(Path.Combine(Target, Backup.LockName), FileMode.Open, FileAccess.ReadWrite, FileShare.None))
        {
            await RefusedAsync(
                ErrorCode.BackupBusy, () => Store.Maintenance.BackupAsync(new BackupOptions { To = Target, Replace = true }, Stop));
        }

        Assert.Equal(before, Contents(Target));
        var both = await Task.WhenAll(Enumerable.Range(0, 4).Select(async _ =>
        {
            try
            {
                return (await Store.Maintenance.BackupAsync(new BackupOptions { To = Target + "-new" }, Stop)).Checkpoints > 0
                    ? ErrorCode.NameInvalid : ErrorCode.CorruptStore;
            }
            catch (FishException error)
            {
                return error.Code;
            }
        }));
        Assert.Contains(ErrorCode.NameInvalid, both);
        Assert.All(both, code => Assert.True(code is ErrorCode.NameInvalid or ErrorCode.BackupBusy, $"{code}"));
        await using var copy = await SqliteCheckpointStore.OpenAsync(new StoreOptions { DataFolder = Target + "-new" }, Stop);
        Assert.Empty((await copy.Maintenance.VerifyAsync(null, Stop)).Damaged);
    }

    [Fact]
    public async Task Backup_OverAnothersOrAFullerOne_WantsAReplace()
    {
        await PrepareAsync();
        var report = await Store.Maintenance.BackupAsync(new BackupOptions { To = Target, Verify = BackupVerification.Full }, Stop);
        Assert.Equal((BackupVerification.Full, 2L), (report.Verified, report.Bases));
        Assert.True(report.Bytes > report.DatabaseBytes);
        var before = Contents(Target);
        var empty = Path.Combine(Options.DataFolder, "..", "empty");
        await using (var other = await SqliteCheckpointStore.OpenAsync(new StoreOptions { DataFolder = empty }, Stop))
        {
            var error = await RefusedAsync(
                ErrorCode.FolderTaken, () => other.Maintenance.BackupAsync(new BackupOptions { To = Target }, Stop));
            Assert.Contains("another store", error.Cause, StringComparison.Ordinal);
            Assert.Contains("--replace", error.Hint, StringComparison.Ordinal);
            Assert.Equal(before, Contents(Target));
            Assert.Equal(0, (await other.Maintenance.BackupAsync(new BackupOptions { To = Target, Replace = true }, Stop)).Checkpoints);
        }

        // The same store, emptied meanwhile.
        await Store.Maintenance.BackupAsync(new BackupOptions { To = Target, Replace = true }, Stop);
        foreach (var task in (await Store.Tasks.ListAsync(new PageRequest(), Stop).ReadPageAsync()).Items)
        {
            await Store.Tasks.DeleteAsync(task.Name, Stop);
        }

        foreach (var named in (await Store.Bases.ListAsync(new PageRequest(), Stop).ReadPageAsync()).Items)
        {
            await Store.Bases.DeleteAsync(named.Name, Stop);
        }

        Assert.Contains("empty", (await RefusedAsync(ErrorCode.FolderTaken, () => Store.Maintenance.BackupAsync(
            new BackupOptions { To = Target }, Stop))).Cause, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Backup_OverACopyThatWasSavedTo_WantsAReplace()
    {
        await PrepareAsync();
        await Store.Maintenance.BackupAsync(new BackupOptions { To = Target }, Stop);
        await using (var copy = await SqliteCheckpointStore.OpenAsync(new StoreOptions { DataFolder = Target }, Stop))
        {
            await copy.Tasks.PutAsync("other", new TaskSpec("base"), Stop);
        }

        await RefusedAsync(ErrorCode.FolderTaken, () => Store.Maintenance.BackupAsync(new BackupOptions { To = Target }, Stop));
        await Store.Maintenance.BackupAsync(new BackupOptions { To = Target, Replace = true }, Stop);
        await Store.Maintenance.BackupAsync(new BackupOptions { To = Target }, Stop);
    }

    [Fact]
    public async Task Backup_OfADamagedDatabase_LeavesTheEarlierOne()
    {
        await PrepareAsync();
        await Store.Maintenance.BackupAsync(new BackupOptions { To = Target }, Stop);
        var before = Contents(Target);
        Sql("UPDATE totals SET changed = changed + 1 WHERE task > 0");
        await RefusedAsync(ErrorCode.CorruptStore, () => Store.Maintenance.BackupAsync(new BackupOptions { To = Target }, Stop));
        Assert.Equal(before, Contents(Target));
        Assert.Equal(BackupVerification.None, (
            await Store.Maintenance.BackupAsync(new BackupOptions { To = Target, Verify = BackupVerification.None }, Stop)).Verified);
    }

    [Theory]
    [InlineData("incomplete")]
    [InlineData("notes/today.md")]
    [InlineData("backup.json")]
    public async Task Backup_IntoAForeignFolder_TouchesNothing(string name)
    {
        await PrepareAsync();
        var path = Path.Combine(Target, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        await File.WriteAllTextAsync(path, "mine", Stop);
        await File.WriteAllTextAsync(Path.Combine(Target, "other.txt"), "mine too", Stop);
        var before = Contents(Target);
        await RefusedAsync(
            ErrorCode.FolderTaken, () => Store.Maintenance.BackupAsync(new BackupOptions { To = Target, Replace = true }, Stop));
        Assert.Equal(before, Contents(Target));
    }

    [Fact]
    public async Task Copy_KilledWhileAMarkWasWritten_BeginsAgain()
    {
        await PrepareAsync();
        foreach (var name in new[] { "incomplete.0a.tmp", "backup.json.0b.tmp", Backup.LockName })
        {
            Directory.CreateDirectory(Target);
            await File.WriteAllTextAsync(Path.Combine(Target, name), "This fo", Stop);
        }

        await Store.Maintenance.BackupAsync(new BackupOptions { To = Target }, Stop);
        Assert.Equal(["backup.json", "backup.lock", "bases", "fish.db"], Names(Target));
        await File.WriteAllTextAsync(Path.Combine(Target, "backup.json.0c.tmp"), "{", Stop);
        await Store.Maintenance.BackupAsync(new BackupOptions { To = Target }, Stop);
        Assert.Equal(["backup.json", "backup.lock", "bases", "fish.db"], Names(Target));
        Directory.CreateDirectory(Target + "-restored");
        await File.WriteAllTextAsync(Path.Combine(Target + "-restored", "incomplete.0d.tmp"), "", Stop);
        await StoreRestore.RunAsync(Target, Target + "-restored", Stop);
        Assert.Equal(["bases", "fish.db"], Names(Target + "-restored"));
    }

    [Fact]
    public async Task Restore_MakesTheSameStore()
    {
        var saves = await PrepareAsync();
        await Store.Maintenance.BackupAsync(new BackupOptions { To = Target }, Stop);
        var before = Contents(Target);
        var report = await StoreRestore.RunAsync(Target, Target + "-restored", Stop);
        Assert.Equal((Keys.Count, 2L), (report.Checkpoints, report.Copied));
        Assert.Equal(before, Contents(Target));
        await using (var restored = await SqliteCheckpointStore.OpenAsync(new StoreOptions { DataFolder = Target + "-restored" }, Stop))
        {
            Assert.Empty((await restored.Maintenance.VerifyAsync(null, Stop)).Damaged);
            Assert.Equal(saves.Models[("task", 12)].ToBytes(), await restored.RestoreAsync("task", 12));
        }

        await RefusedAsync(ErrorCode.FolderTaken, () => StoreRestore.RunAsync(Target, Target + "-restored", Stop));
        await RefusedAsync(ErrorCode.FileNotFound, () => StoreRestore.RunAsync(Target + "-none", Target + "-new", Stop));
        Assert.False(Directory.Exists(Target + "-new"));
    }

    [Fact]
    public async Task Restore_InAStoresPlace_IsRefusedUnlessItIsToReplaceIt()
    {
        var saves = await PrepareAsync();
        await Store.Maintenance.BackupAsync(new BackupOptions { To = Target }, Stop);
        var place = Target + "-place";
        var options = new RestoreOptions { Backup = Target, DataFolder = place, Replace = true };
        string other;
        await using (var store = await SqliteCheckpointStore.OpenAsync(new StoreOptions { DataFolder = place }, Stop))
        {
            other = store.Identity;
            await File.WriteAllTextAsync(Path.Combine(place, "notes.txt"), "mine", Stop);
            Assert.Contains(
                "open", (await RefusedAsync(ErrorCode.FolderTaken, () => StoreRestore.RunAsync(options, Stop))).Cause,
                StringComparison.Ordinal);
        }

        var refused = await RefusedAsync(ErrorCode.FolderTaken, () => StoreRestore.RunAsync(options with { Replace = false }, Stop));
        Assert.Contains("--replace", refused.Hint, StringComparison.Ordinal);
        await RefusedAsync(
            ErrorCode.CorruptStore, () => StoreRestore.RunAsync(options with { Verify = (_, _) => Task.FromResult(false) }, Stop));
        await RefusedAsync(ErrorCode.FolderTaken, () => StoreRestore.RunAsync(options with { DataFolder = Target }, Stop));
        await using (var store = await SqliteCheckpointStore.OpenAsync(new StoreOptions { DataFolder = place }, Stop))
        {
            Assert.Equal(other, store.Identity);
        }

        Assert.Equal(Keys.Count, (await StoreRestore.RunAsync(options, Stop)).Checkpoints);
        Assert.Equal(["bases", "fish.db", "notes.txt", "tmp"], Names(place));
        await using (var store = await SqliteCheckpointStore.OpenAsync(new StoreOptions { DataFolder = place }, Stop))
        {
            Assert.Equal(Store.Identity, store.Identity);
            Assert.Equal(saves.Models[("task", 12)].ToBytes(), await store.RestoreAsync("task", 12));
        }

        // A backup that is damaged replaces nothing.
        var file = Directory.EnumerateFiles(Path.Combine(Target, "bases"), "*.safetensors", SearchOption.AllDirectories).First();
        File.SetAttributes(file, FileAttributes.Normal);
        await File.AppendAllTextAsync(file, "more", Stop);
        await RefusedAsync(ErrorCode.CorruptStore, () => StoreRestore.RunAsync(options, Stop));
        Assert.Equal(["bases", "fish.db", "notes.txt", "tmp"], Names(place));
    }

    [Fact]
    public async Task Restore_BrokenOffWhileTheStoresChangedPlaces_GoesOn()
    {
        await PrepareAsync();
        await Store.Maintenance.BackupAsync(new BackupOptions { To = Target }, Stop);
        var place = Target + "-place";
        await using (var store = await SqliteCheckpointStore.OpenAsync(new StoreOptions { DataFolder = place }, Stop))
        {
        }

        // As a kill leaves it after the first move.
        await StoreRestore.RunAsync(Target, Path.Combine(place, StoreFolder.Arriving), Stop);
        Incomplete.BeginReplacement(place);
        Directory.CreateDirectory(Path.Combine(place, StoreFolder.Replaced));
        Directory.Move(Path.Combine(place, "bases"), Path.Combine(place, StoreFolder.Replaced, "bases"));
        var error = await RefusedAsync(
            ErrorCode.StoreIncomplete, () => SqliteCheckpointStore.OpenAsync(new StoreOptions { DataFolder = place }, Stop));
        Assert.Contains("--replace' again", error.Hint, StringComparison.Ordinal);
        await RefusedAsync(ErrorCode.StoreIncomplete, () => StoreRestore.RunAsync(Target, place, Stop));
        await RefusedAsync(
            ErrorCode.FolderTaken, () => Store.Maintenance.BackupAsync(new BackupOptions { To = place, Replace = true }, Stop));
        await StoreRestore.RunAsync(new RestoreOptions { Backup = Target, DataFolder = place, Replace = true }, Stop);
        Assert.Equal(["bases", "fish.db", "tmp"], Names(place));
        await using var whole = await SqliteCheckpointStore.OpenAsync(new StoreOptions { DataFolder = place }, Stop);
        Assert.Equal(Store.Identity, whole.Identity);
        Assert.Empty((await whole.Maintenance.VerifyAsync(null, Stop)).Damaged);
    }

    private static string[] Names(string folder) =>
        [.. Directory.EnumerateFileSystemEntries(folder).Select(path => Path.GetFileName(path)!).Order(StringComparer.Ordinal)];

    private static async Task<FishException> RefusedAsync(ErrorCode code, Func<Task> action)
    {
        var error = await Assert.ThrowsAsync<FishException>(action);
        Assert.Equal(code, error.Code);
        return error;
    }
}
