using FishCheckpoint.Checkpoints;
using Xunit;

namespace FishCheckpoint.Cli.Tests.Commands;

public sealed class BackupCommandTests : CommandTest
{
    [Fact]
    public async Task Backup_ThenRestore_GivesTheSameModels()
    {
        var (_, second) = await PrepareAsync();
        var report = (await FishAsync("backup", PathOf("backup"), "--json")).Json<BackupReport>();
        Assert.Equal((2L, 1L, 0L), (report.Checkpoints, report.Copied, report.Kept));
        Assert.Contains(
            "is verified and sound", (await FishAsync("backup", PathOf("backup2"), "--link", "--verify")).Succeeded().Output,
            StringComparison.Ordinal);
        Assert.Contains(
            "--verify full decodes", (await FishAsync("backup", PathOf("backup2"))).Succeeded().Output, StringComparison.Ordinal);
        Assert.Contains(
            "is verified and sound", (await FishAsync("backup", "--verify", PathOf("backup2"))).Succeeded().Output,
            StringComparison.Ordinal);
        Assert.Contains(
            "is not verified", (await FishAsync("backup", "--verify=none", PathOf("backup2"))).Succeeded().Output,
            StringComparison.Ordinal);
        Assert.Contains(
            "is not verified", (await FishAsync("backup", PathOf("backup2"), "--verify", "none")).Succeeded().Output,
            StringComparison.Ordinal);
        (await RunAsync("base", "add", "base", PathOf("base"), "--data", PathOf("other"))).Succeeded();
        (await RunAsync("backup", PathOf("backup2"), "--data", PathOf("other"))).Failed(5, "FOLDER_TAKEN");
        (await RunAsync("backup", PathOf("backup2"), "--replace", "--data", PathOf("other"))).Succeeded();
        Assert.Contains(
            "2 of 2 checkpoints are sound",
            (await RunAsync("restore", PathOf("backup"), PathOf("restored"), "--verify")).Succeeded().Output, StringComparison.Ordinal);
        (await RunAsync("load", "task", "20", PathOf("out.safetensors"), "--data", PathOf("restored"))).Succeeded();
        Assert.Equal(second.ToBytes(), await File.ReadAllBytesAsync(PathOf("out.safetensors"), Stop));
        (await RunAsync("restore", PathOf("backup"), PathOf("restored"))).Failed(5, "FOLDER_TAKEN");
        (await RunAsync("restore", PathOf("none"), PathOf("new"))).Failed(4, "FILE_NOT_FOUND");
        (await RunAsync("rm", "task", "20", "--data", PathOf("restored"))).Succeeded();
        Assert.Contains(
            "2 of 2 checkpoints are sound",
            (await RunAsync("restore", PathOf("backup"), PathOf("restored"), "--replace", "--verify")).Succeeded().Output,
            StringComparison.Ordinal);
        (await RunAsync("load", "task", "20", PathOf("again.safetensors"), "--data", PathOf("restored"))).Succeeded();
    }

    [Fact]
    public async Task Backup_OverHttp_NeedsAFolderOnTheServer()
    {
        await PrepareAsync();
        (await FishOverHttpAsync("backup", "nightly")).Failed(3, "REQUEST_INVALID FishCheckpoint:Maintenance:BackupFolder");
        (await FishOverHttpAsync("backup", "../nightly")).Failed(3, "NAME_INVALID");
        Assert.Equal(2, (await FishOverHttpAsync("backup", "nightly", "--verify", "twice")).Exit);
        Assert.Equal(2, (await FishOverHttpAsync("backup", "nightly", "--verify=twice")).Exit);
    }

    [Fact]
    public async Task Repair_KeepsWhatIsSoundAndSaysWhatIsLost()
    {
        var (first, _) = await PrepareAsync();
        Assert.Contains(
            "2 checkpoints kept", (await FishAsync("repair", "--to", PathOf("same"))).Succeeded().Output, StringComparison.Ordinal);
        var file = Directory.EnumerateFiles(Data, "*.safetensors", SearchOption.AllDirectories).Single();
        File.SetAttributes(file, FileAttributes.Normal);
        using (var stream = new FileStream(file, FileMode.Open))
        {
            stream.SetLength(stream.Length - 1);
        }

        // Damage that ends a repair is not damage that a finished one has left out.
        (await FishAsync("repair", "--to", PathOf("repaired"))).Failed(9, "CORRUPT_BASE");
        (await RunAsync("ls", "--data", PathOf("repaired"))).Failed(9, "STORE_INCOMPLETE");
        using var report = System.Text.Json.JsonDocument.Parse(
            (await FishAsync("repair", "--to", PathOf("repaired"), "--base", Write(Base, "whole"), "--json")).Succeeded().Output);
        Assert.Equal((2, 0), (report.RootElement.GetProperty("checkpoints").GetInt32(), report.RootElement.GetProperty("lost").GetInt32()));
        Assert.Equal(1, report.RootElement.GetProperty("rebuilt").GetArrayLength());
        (await RunAsync("load", "task", "10", PathOf("out.safetensors"), "--data", PathOf("repaired"))).Succeeded();
        Assert.Equal(first.ToBytes(), await File.ReadAllBytesAsync(PathOf("out.safetensors"), Stop));

        var lost = await FishAsync("repair", "--to", PathOf("dropped"), "--drop-damaged-bases");
        Assert.Equal(8, lost.Exit);
        Assert.Contains("0 checkpoints kept and verified; 2 lost", lost.Output, StringComparison.Ordinal);
        (await FishAsync("repair", "--to", PathOf("dropped"))).Failed(5, "FOLDER_TAKEN");
        Assert.Equal(2, (await FishAsync("repair")).Exit);
    }
}
