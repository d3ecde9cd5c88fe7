using FishCheckpoint.Checkpoints;
using FishCheckpoint.Codec;
using FishCheckpoint.Storage.Backups;
using FishCheckpoint.Storage.Repairs;
using Xunit;

namespace FishCheckpoint.Storage.Tests;

/// <summary>Long work reports its progress, in order, up to its end.</summary>
public sealed class ProgressTests : VerifyTest
{
    private readonly List<WorkProgress> reports = [];

    private string Target => Path.Combine(Options.DataFolder, "..", "backup");

    [Fact]
    public async Task Verify_BackupAndRestore_ReportUpToTheirEnd()
    {
        await PrepareAsync();
        await ReopenAsync(Options with { Progress = new ReportList(reports) });
        var verified = await Store.Maintenance.VerifyAsync(null, Stop);
        AssertWhole(verified.Bytes);
        Assert.True(reports.Count > verified.Items, "A base's file is reported by its blocks.");

        reports.Clear();
        var report = await Store.Maintenance.BackupAsync(new BackupOptions { To = Target }, Stop);
        AssertWhole(report.DatabaseBytes + report.BaseBytes);

        reports.Clear();
        await Store.Maintenance.BackupAsync(new BackupOptions { To = Target }, Stop);
        AssertWhole(report.DatabaseBytes + report.BaseBytes);

        reports.Clear();
        await StoreRestore.RunAsync(
            new RestoreOptions { Backup = Target, DataFolder = Target + "-restored", Progress = new ReportList(reports) }, Stop);
        AssertWhole(report.DatabaseBytes + report.BaseBytes);

        reports.Clear();
        await Store.DisposeAsync();
        await StoreRepair.RunAsync(
            new RepairOptions { DataFolder = Options.DataFolder, To = Target + "-repaired", Progress = new ReportList(reports) }, Stop);
        Assert.Equal(reports[^1].Done, reports[^1].Total);
        await ReopenAsync();
    }

    [Fact]
    public async Task Recode_ReportsUpToItsEnd()
    {
        await ReopenAsync(Options with { Codec = new CodecOptions { Effort = CodecEffort.Fast }, Progress = new ReportList(reports) });
        await SaveAsync(1, Base.Change(1));
        await SaveAsync(2, Base.Change(2));
        var result = await Store.Maintenance.RecodeAsync(null, Stop);
        Assert.NotEqual(0, result.Recoded + result.Kept);
        AssertWhole(result.BytesBefore);
    }

    [Fact]
    public async Task Fold_ReportsProgressOnWhatCostsTooMuch()
    {
        await ReopenAsync(Options with { Progress = new ReportList(reports) });
        var model = Base;
        for (var step = 1; step <= 10; step++)
        {
            var next = model.Change(step, 0.02);
            var path = Path.Combine(Options.DataFolder, $"{step}.patch");
            await File.WriteAllBytesAsync(path, next.PatchAgainst(model), Stop);
            using var patch = Tensors.SafetensorsFile.Open(path);
            await Store.Checkpoints.SaveAsync(
                "task", step, new CheckpointContent.Sparse(patch), new SaveOptions { Parent = ParentChoice.Previous }, Stop);
            model = next;
        }

        Assert.NotEqual(0, (await Store.Maintenance.FoldAsync(new FoldOptions { MaxReadCost = 1.1 }, Stop)).Folded);
        Assert.InRange(reports[^1].Done, 1, reports[^1].Total!.Value);
        AssertAscends();
    }

    private void AssertWhole(long bytes)
    {
        Assert.Equal(new WorkProgress(bytes, bytes), reports[^1]);
        AssertAscends();
    }

    private void AssertAscends()
    {
        Assert.All(reports.Zip(reports.Skip(1)), pair => Assert.True(pair.First.Done <= pair.Second.Done));
        Assert.All(reports, one => Assert.True(one.Total is null || one.Done <= one.Total));
    }

    private sealed class ReportList(List<WorkProgress> reports) : IProgress<WorkProgress>
    {
        public void Report(WorkProgress value) => reports.Add(value);
    }
}
