using System.Text.Json;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Codec;
using FishCheckpoint.Contract;
using FishCheckpoint.Durability.Stores;
using FishCheckpoint.Engine;
using FishCheckpoint.Errors;
using FishCheckpoint.Fuzz.Engine;
using FishCheckpoint.Fuzz.Frames;
using FishCheckpoint.Fuzz.Mutation;
using FishCheckpoint.Fuzz.Safetensors;
using FishCheckpoint.Storage;
using FishCheckpoint.Tensors;
using FishCheckpoint.Tests.Support;

namespace FishCheckpoint.Fuzz.Stores;

/// <summary>
/// What a store is handed: a byte that says in which form, and the bytes. What is refused has changed nothing; what is taken verifies,
/// restores, and leaves nothing when it is deleted.
/// </summary>
internal sealed class StoreTarget : FuzzTarget
{
    private const int AuditEvery = 500;
    private const string Task = "task";

    private readonly FrameWorld world = new(small: true);
    private readonly CheckpointStore store;
    private readonly SaveForm[] forms = Enum.GetValues<SaveForm>();
    private int runs;

    private StoreTarget(CheckpointStore store, string data)
    {
        (this.store, Data) = (store, data);
        Seeds = [.. StoreSeeds.Make(world, Folder.Path)];
    }

    public override string Name => "store";

    public override int ShortRun => 1000;

    public override IReadOnlyList<byte[]> Seeds { get; }

    public override bool HasThreads => true;

    private string Data { get; }

    /// <summary>Makes a store in memory, where the system has such a folder.</summary>
    public static async Task<FuzzTarget> CreateAsync()
    {
        var data = Path.Combine(Directory.Exists("/dev/shm") ? "/dev/shm" : Path.GetTempPath(), $"fish-fuzz-{Guid.NewGuid():N}");
        var target =
            new StoreTarget(
                await SqliteCheckpointStore.OpenAsync(
                    new StoreOptions { DataFolder = data, DeletionGrace = TimeSpan.Zero, MaxHeaderBytes = 1 << 20,
                        MaxTrainerStateBytes = 1 << 16 }), data);
        await target.store.Bases.AddAsync("base", ModelUpload.FromStream(new MemoryStream(StoreSeeds.FileOf(target.world.Parent))));
        await target.store.Tasks.PutAsync(Task, new TaskSpec("base"));
        var first = target.Folder["first"];
        await File.WriteAllBytesAsync(first, StoreSeeds.FileOf(target.world.Moved(target.world.Few(9), 9)));
        using var model = ModelFolder.Open(first);
        await target.store.Checkpoints.SaveAsync(Task, 1, new CheckpointContent.Full(model));
        return target;
    }

    public override byte[] Mutate(Random random, byte[] input, byte[] other)
    {
        if (input.Length == 0 || other.Length == 0 || random.Next(20) == 0)
        {
            return ByteMutator.Mutate(random, input, other);
        }

        var form = random.Next(30) == 0 ? (byte)random.Next(forms.Length) : input[0];
        var (mine, theirs) = (input[1..], other[1..]);
        return [form, .. (SaveForm)(form % forms.Length) switch
        {
            SaveForm.Frames => FrameMutator.Mutate(random, mine, theirs, frames => Forger.Forge(frames, world)),
            SaveForm.State => ByteMutator.Mutate(random, mine, theirs),
            _ => SafetensorsBytes.Mutate(random, mine, theirs),
        }];
    }

    public override string Run(byte[] input)
    {
        if (input.Length == 0)
        {
            return "nothing";
        }

        var before = Held();
        var form = forms[input[0] % forms.Length];
        try
        {
            RunAsync(form, input[1..]).GetAwaiter().GetResult();
        }
        catch (FishException refused)
        {
            WrongException.Unless(Held() == before, $"What was refused has changed something: {refused.Message}");
            WrongException.Unless(refused.Kind is not (ErrorKind.Corrupt or ErrorKind.Unavailable),
                $"The store blames itself: {refused.Message}");
            throw;
        }

        WrongException.Unless(Held() == before, "What was taken and deleted has left something.");
        if (++runs % AuditEvery == 0)
        {
            var wrong = StoreAudit.RunAsync(store).GetAwaiter().GetResult();
            WrongException.Unless(wrong.Count == 0, string.Join("; ", wrong));
        }

        return form.ToString();
    }

    public override async ValueTask DisposeAsync()
    {
        await store.DisposeAsync();
        Directory.Delete(Data, recursive: true);
        await base.DisposeAsync();
    }

    private async Task RunAsync(SaveForm form, byte[] bytes)
    {
        var path = Folder["sent"];
        await File.WriteAllBytesAsync(path, form == SaveForm.Frames ? [.. FrameInput.Read(bytes).SelectMany(frame => frame)] : bytes);
        switch (form)
        {
            case SaveForm.Frames:
                using (var frames = EncodedDelta.Open(path))
                {
                    await SaveAsync(new CheckpointContent.Encoded(frames));
                }

                break;
            case SaveForm.Patch:
                using (var patch = SafetensorsFile.Open(path))
                {
                    await SaveAsync(new CheckpointContent.Sparse(patch));
                }

                break;
            case SaveForm.Full:
                using (var model = ModelFolder.Open(path))
                {
                    await SaveAsync(new CheckpointContent.Full(model));
                }

                break;
            default:
                await using (var full = new MemoryStream(StoreSeeds.FileOf(world.Parent)))
                {
                    await File.WriteAllBytesAsync(path, full.ToArray());
                }

                using (var model = ModelFolder.Open(path))
                {
                    await SaveAsync(new CheckpointContent.Full(model), bytes);
                }

                break;
        }
    }

    private async Task SaveAsync(CheckpointContent content, byte[]? state = null)
    {
        await store.Checkpoints.SaveAsync(
            Task, 2, content, state is null ? null : new SaveOptions { OpenTrainerState = () => new MemoryStream(state) });
        var verified = await store.Maintenance.VerifyCheckpointAsync(Task, StepRef.At(2));
        WrongException.Unless(verified.Sound, $"What was saved does not verify: {verified.Problem}");
        var restored = await store.RestoreAsync(Task, 2);
        if (content is CheckpointContent.Full full)
        {
            var sent = await File.ReadAllBytesAsync(full.Model.Paths.Single());
            WrongException.Unless(restored.AsSpan().SequenceEqual(sent), "A full model comes back as another one.");
        }

        if (state is not null)
        {
            await using var stream = await store.States.OpenTrainerStateAsync(Task, StepRef.At(2));
            using var read = new MemoryStream();
            await stream.CopyToAsync(read);
            WrongException.Unless(read.ToArray().AsSpan().SequenceEqual(state), "A trainer state comes back as another one.");
        }

        await store.Checkpoints.DeleteAsync(Task, StepRef.At(2));
    }

    // Everything that can be seen, and the files that lie about.
    private string Held() => JsonSerializer.Serialize(
        new
        {
            Task = store.Tasks.GetAsync(Task).GetAwaiter().GetResult(),
            Checkpoints = store.Checkpoints.ListAsync(Task, new PageRequest(100)).ReadPageAsync().GetAwaiter().GetResult().Items,
            Stored = store.Reports.GetStorageAsync().GetAwaiter().GetResult().Stored,
            Files = Directory.EnumerateFiles(store.Options.TemporaryFolder).Where(file => !file.EndsWith(".lock", StringComparison.Ordinal))
                .ToArray(),
        },
        FishJson.Options);
}

/// <summary>The forms in which a checkpoint is handed in.</summary>
internal enum SaveForm : byte
{
    Frames,
    Patch,
    Full,
    State,
}

/// <summary>What a store takes: frames of every form, patches, models, trainer states.</summary>
internal static class StoreSeeds
{
    public static IEnumerable<byte[]> Make(FrameWorld world, string spool)
    {
        foreach (var frames in FrameSeeds.Make(world, spool).Where(frames => FrameInput.Read(frames).Count <= 2))
        {
            yield return [(byte)SaveForm.Frames, .. frames];
        }

        var moved = world.Moved(world.Few(3), 3);
        yield return [(byte)SaveForm.Full, .. FileOf(moved)];
        yield return [(byte)SaveForm.Full, .. FileOf(world.Parent)];
        yield return [(byte)SaveForm.Patch, .. Patch(world, [0, 2, 9])];
        yield return [(byte)SaveForm.Patch, .. Patch(world, [])];
        yield return [(byte)SaveForm.State, .. "{\"step\":1}"u8];
        yield return [(byte)SaveForm.State];
        yield return [(byte)SaveForm.State, .. new byte[1 << 16]];
    }

    /// <summary>A model as a safetensors file.</summary>
    public static byte[] FileOf(MemoryModel model) => TestModel.Patch(null, [.. model.Layout.Tensors.Zip(model.Tensors)]);

    private static byte[] Patch(FrameWorld world, long[] positions)
    {
        var info = world.Layout.Tensors[1];
        return TestModel.Patch(
            null, (new TensorInfo($"{info.Name}.indices", DType.I64, [positions.Length]), [.. positions.SelectMany(TestModel.Long)]),
            (new TensorInfo($"{info.Name}.values", info.Type, [positions.Length]), new byte[positions.Length * info.UnitSize]));
    }
}
