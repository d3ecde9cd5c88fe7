using System.IO.Pipelines;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Durability.Suites;
using FishCheckpoint.Errors;
using FishCheckpoint.Following.Pull;
using FishCheckpoint.Tensors;
using Xunit;

namespace FishCheckpoint.Storage.Tests.Following;

/// <summary>Whatever fails, the pointer stays at a whole model.</summary>
public sealed class PullFailureTests : FollowingTest
{
    [Fact]
    public async Task Pull_OfWhatComesDamaged_IsRefused()
    {
        await SaveAsync(1, Base.Change(1));
        await PullAsync();
        using (var file = ModelFolder.Open(Base.Change(2).Write(Path.Combine(Work, "second"))))
        {
            await Store.Checkpoints.SaveAsync("task", 2, new CheckpointContent.Full(
                file), new SaveOptions { ExpectedFileDigest = Digest.Of(Base.Change(2).ToBytes()) }, Stop);
        }

        await Store.Checkpoints.DeleteAsync("task", StepRef.At(1), Stop);
        var damaging = Altered(
            (name, arguments) => name == "States.OpenAsync" ? DamagingAsync((string)arguments[0]!, (StepRef)arguments[1]!) : null);

        var refused = await Assert.ThrowsAsync<FishException>(() => PullAsync(damaging));
        Assert.Equal((ErrorCode.DigestMismatch, "model.safetensors"), (refused.Code, refused.Key));
        Assert.Equal(Base.Change(1).ToBytes(), CurrentModel);
        AssertNoLeftovers();
    }

    [Fact]
    public async Task Pull_OfAStepDeletedMeanwhile_IsTheNewest()
    {
        await SaveAsync(1, Base.Change(1));
        await SaveAsync(2, Base.Change(2));
        var opened = 0;
        var deleting = Altered((name, _) => name == "States.OpenAsync" && opened++ == 0 ? DeleteAsync() : null);

        Assert.Equal(1, (await PullAsync(deleting)).Step);
        Assert.Equal(Base.Change(1).ToBytes(), CurrentModel);

        async Task<IModelReader> DeleteAsync()
        {
            await Store.Checkpoints.DeleteAsync("task", StepRef.At(2), Stop);
            return await Store.States.OpenAsync("task", StepRef.At(2), Stop);
        }
    }

    [Fact(Timeout = 600_000)]
    public async Task Follow_ThroughAnOutage_GoesOnAndTellsItOnce()
    {
        await SaveAsync(1, Base.Change(1));
        var away = false;
        var source = Altered((name, _) => away && name == "Checkpoints.GetAsync" ? Task.FromException<CheckpointInfo>(Away()) : null);
        var moves = new List<long>();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Stop);
        var following = new PullFollower(source, Wanted, pulled => moves.Add(pulled.Step)).RunAsync(stop.Token);
        await UntilAsync(() => moves.Count == 1);
        away = true;
        await SaveAsync(2, Base.Change(2));
        await UntilAsync(() => Warnings.Count > 0);
        await Task.Delay(100, Stop);
        away = false;
        await UntilAsync(() => moves.Count == 2);
        await SaveAsync(3, Base.Change(3));
        await UntilAsync(() => moves.Count == 3);
        Assert.Equal(Base.Change(3).ToBytes(), CurrentModel);

        Assert.Equal([1, 2, 3], moves);
        Assert.Contains("SERVER_UNAVAILABLE", Assert.Single(Warnings), StringComparison.Ordinal);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => following);
    }

    [Fact(Timeout = 600_000)]
    public async Task Follow_OfATaskWithoutCheckpoints_WaitsForOne()
    {
        var moves = new List<long>();
        var following = new PullFollower(Store, Wanted, pulled => moves.Add(pulled.Step)).RunAsync(Stop);
        await UntilAsync(() => Warnings.Count > 0);
        await SaveAsync(4, Base.Change(4));
        await UntilAsync(() => moves.Count == 1);
        await Store.Tasks.DeleteAsync("task", Stop);
        Assert.Equal(ErrorCode.TaskNotFound, (await Assert.ThrowsAsync<FishException>(() => following)).Code);
        Assert.Equal(Base.Change(4).ToBytes(), CurrentModel);
    }

    [Fact(Timeout = 600_000)]
    public async Task Pull_OntoAFullDisk_IsRefusedAndGoesOnWithRoom()
    {
        await using var disk = await SmallFileSystem.TryMountAsync(Path.Combine(Work, "disk"), mebibytes: 16);
        Assert.SkipWhen(disk is null, "This user may not mount a small file system.");
        var options = Wanted with { Folder = Path.Combine(disk.Folder, "pulled") };
        await SaveAsync(1, Base.Change(1));
        await PullAsync(options: options);
        await SaveAsync(2, Base.Change(2));
        var filler = Path.Combine(disk.Folder, "filler");
        await File.WriteAllBytesAsync(filler, new byte[12 << 20], Stop);

        Assert.Equal(ErrorCode.InsufficientStorage, (await Assert.ThrowsAsync<FishException>(() => PullAsync(options: options))).Code);
        Assert.Equal(
            Base.Change(1).ToBytes(), await File.ReadAllBytesAsync(Path.Combine(options.Folder, "current", "model.safetensors"), Stop));
        File.Delete(filler);
        Assert.Equal(PullForm.Delta, (await PullAsync(options: options)).Form);
        Assert.Equal(
            Base.Change(2).ToBytes(), await File.ReadAllBytesAsync(Path.Combine(options.Folder, "current", "model.safetensors"), Stop));
    }

    private static FishException Away() => new(ErrorCode.ServerUnavailable, "store", "It is away.", "Wait.");

    private static async Task UntilAsync(Func<bool> isSo)
    {
        while (!isSo())
        {
            await Task.Delay(10, Stop);
        }
    }

    private async Task<IModelReader> DamagingAsync(string task, StepRef step) =>
        new DamagingReader(await Store.States.OpenAsync(task, step, Stop));

    // Gives a file with one byte flipped, as a bad network might.
    private sealed class DamagingReader(IModelReader inner) : IModelReader
    {
        public Layout Layout => inner.Layout;

        public IReadOnlyList<RestoredFile> Files => inner.Files;

        public async Task CopyToAsync(
            string file, long offset, long length, PipeWriter destination, CancellationToken cancellation = default)
        {
            using var bytes = new MemoryStream();
            var pipe = PipeWriter.Create(bytes, new StreamPipeWriterOptions(leaveOpen: true));
            await inner.CopyToAsync(file, offset, length, pipe, cancellation);
            await pipe.CompleteAsync();
            var damaged = bytes.ToArray();
            damaged[damaged.Length / 2] ^= 1;
            await destination.WriteAsync(damaged, cancellation);
        }

        public Task CopyTensorAsync(string tensor, PipeWriter destination, CancellationToken cancellation = default) =>
            inner.CopyTensorAsync(tensor, destination, cancellation);

        public ValueTask DisposeAsync() => inner.DisposeAsync();
    }
}
