using System.Security.Cryptography;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Codec;
using FishCheckpoint.Deltas;
using FishCheckpoint.Errors;
using FishCheckpoint.Masks;
using FishCheckpoint.Tensors;
using Xunit;

namespace FishCheckpoint.Contract;

/// <summary>Saves in every form come back bit for bit, once each, or are refused and change nothing.</summary>
public class SaveContract : CheckpointStoreContract
{
    [Fact]
    public async Task Save_Full_RestoresTheSameFile()
    {
        var model = Base.Change(2);
        var saved = await SaveFullAsync(10, model);
        Assert.True(saved.Created);
        Assert.Equal((10, "base", 1), (saved.Value.Step, saved.Value.Parent, saved.Value.Depth));
        Assert.Equal(model.ToBytes(), await Store.RestoreAsync("task", 10));
        Assert.InRange(saved.Value.StoredBytes, 1, model.ToBytes().Length / 10);
    }

    [Fact]
    public async Task Save_FullUnchanged_IsAnEmptyDelta()
    {
        var saved = await SaveFullAsync(0, Base);
        Assert.Equal(0, saved.Value.Changed);
        Assert.Equal(Base.ToBytes(), await Store.RestoreAsync("task", 0));
    }

    [Fact]
    public async Task Save_FullWithOtherHeader_RestoresThatHeader()
    {
        var model = Base.Change(3).Rearranged(new Dictionary<string, string>(StringComparer.Ordinal) { ["format"] = "pt" });
        await SaveFullAsync(1, model);
        Assert.Equal(model.ToBytes(), await Store.RestoreAsync("task", 1));
    }

    [Fact]
    public async Task Save_ManySteps_EachRestores()
    {
        var models = new List<TestModel> { Base };
        for (var step = 1; step <= 24; step++)
        {
            models.Add(models[^1].Change(step, 0.001));
            await SaveFullAsync(step, models[^1]);
        }

        for (var step = 1; step <= 24; step++)
        {
            Assert.Equal(models[step].ToBytes(), await Store.RestoreAsync("task", step));
        }

        var page = await Store.Checkpoints.ListAsync("task", new PageRequest(1000), Stop).ReadPageAsync();
        Assert.Contains(page.Items, item => item.Parent != "base");
        Assert.All(page.Items, AssertCheapToRead);
    }

    [Theory]
    [InlineData("base")]
    [InlineData("previous")]
    [InlineData("1")]
    public async Task Save_SparseAgainstParent_Restores(string parent)
    {
        var (first, second) = (Base.Change(4), Base.Change(4).Change(5));
        await SaveFullAsync(1, first);
        var against = parent == "base" ? Base : first;
        var saved = await SavePatchAsync(2, second.PatchAgainst(against), new SaveOptions { Parent = ParentChoice.Parse(parent) });
        Assert.Equal(parent == "base" ? "base" : "1", saved.Value.Parent);
        Assert.Equal(second.ToBytes(), await Store.RestoreAsync("task", 2));
    }

    [Fact]
    [Trait("Category", "Slow")]
    public async Task Save_SparseOnAnEndlessChain_StaysCheapToRead()
    {
        var model = Base;
        for (var step = 1; step <= 20; step++)
        {
            var next = model.Change(step, 0.3);
            await SavePatchAsync(step, next.PatchAgainst(model), new SaveOptions { Parent = ParentChoice.Previous });
            model = next;
        }

        var page = await Store.Checkpoints.ListAsync("task", new PageRequest(1000), Stop).ReadPageAsync();
        Assert.InRange(page.Items.Max(item => item.Depth), 3, 19);
        Assert.All(page.Items, AssertCheapToRead);
        Assert.Equal(model.ToBytes(), await Store.RestoreAsync("task", 20));
    }

    // What a full restore reads: no more than three times the base and the checkpoint's own delta.
    private static void AssertCheapToRead(CheckpointInfo info) =>
        Assert.InRange(info.LogicalBytes + info.ChainBytes, 1, 3 * (info.LogicalBytes + info.StoredBytes));

    [Fact]
    public async Task Save_ChangedInMemory_CostsPositionsOnce()
    {
        var mask = Mask.Create(Base.Layout, [new TensorMask(0, Enumerable.Range(0, 5000).Select(index => index * 117L).ToArray())]);
        var (first, second) = (Base.Change(6), Base.Change(7));
        var one = await Store.Checkpoints.SaveAsync("task", 1, new CheckpointContent.Changed(Gather(mask, first)), null, Stop);
        var two = await Store.Checkpoints.SaveAsync("task", 2, new CheckpointContent.Changed(Gather(mask, second)), null, Stop);
        Assert.Equal(one.Value.ValueBytes + one.Value.PositionBytes, one.Value.StoredBytes);
        Assert.Equal(two.Value.ValueBytes, two.Value.StoredBytes);
        Assert.Equal((mask.Id, mask.Id), (one.Value.Mask, two.Value.Mask));
        var restored = await Store.RestoreAsync("task", 2);
        Assert.Equal(Masked(mask, second).ToBytes(), restored);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Save_Encoded_RestoresWithAndWithoutItsMask(bool maskKnown)
    {
        var mask = Mask.Create(Base.Layout, [new TensorMask(1, new long[] { 0, 5, 5099 }), new TensorMask(6, new long[] { 169 })]);
        var model = Masked(mask, Base.Change(8, 1));
        if (maskKnown)
        {
            await Store.Checkpoints.SaveAsync("task", 1, new CheckpointContent.Changed(Gather(mask, Base)), null, Stop);
        }

        using var encoded = DeltaEncoder.Encode(Gather(mask, model).OpenReader(), null, default, new CodecOptions(), Folder, Stop);
        using var sent = maskKnown ? new EncodedDelta(null, encoded.Values) : encoded;
        await Store.Checkpoints.SaveAsync("task", 2, new CheckpointContent.Encoded(sent), null, Stop);
        Assert.Equal(model.ToBytes(), await Store.RestoreAsync("task", 2));
    }

    [Fact]
    public async Task Save_EncodedWithUnknownMask_IsRefused()
    {
        var mask = Mask.Create(Base.Layout, [new TensorMask(1, new long[] { 7 })]);
        using var encoded = DeltaEncoder.Encode(Gather(mask, Base).OpenReader(), null, default, new CodecOptions(), Folder, Stop);
        using var sent = new EncodedDelta(null, encoded.Values);
        await RefusedAsync(
            ErrorCode.MaskUnknown, () => Store.Checkpoints.SaveAsync("task", 2, new CheckpointContent.Encoded(sent), null, Stop));
        await NothingSavedAsync();
    }

    [Fact]
    public async Task Save_EncodedAgainstAnotherState_IsRefused()
    {
        var mask = Mask.Create(Base.Layout, [new TensorMask(1, new long[] { 7 })]);
        using var encoded =
            DeltaEncoder.Encode(Gather(mask, Base).OpenReader(), null, Digest.Of("other"u8), new CodecOptions(), Folder, Stop);
        await RefusedAsync(
            ErrorCode.BaseMismatch, () => Store.Checkpoints.SaveAsync("task", 2, new CheckpointContent.Encoded(encoded), null, Stop));
        await NothingSavedAsync();
    }

    [Fact]
    public async Task Save_SameTwice_IsOneCheckpoint()
    {
        var model = Base.Change(9);
        var first = await SaveFullAsync(5, model);
        var second = await SaveFullAsync(5, model);
        Assert.Equal((true, false), (first.Created, second.Created));
        Assert.Equal(first.Value,
            second.Value with { Metrics = first.Value.Metrics, Metadata = first.Value.Metadata, Tags = first.Value.Tags });
    }

    [Fact]
    public async Task Save_SameStateInAnotherForm_IsOneCheckpoint()
    {
        var (early, model) = (Base.Change(1), Base.Change(9));
        await SaveFullAsync(1, early);
        await SaveFullAsync(5, model);
        var again = await SavePatchAsync(5, model.PatchAgainst(early), new SaveOptions { Parent = ParentChoice.At(1) });
        Assert.False(again.Created);
    }

    [Fact]
    public async Task Save_OtherContentForATakenStep_IsRefused()
    {
        var model = Base.Change(9);
        await SaveFullAsync(5, model);
        await RefusedAsync(ErrorCode.StepTaken, () => SaveFullAsync(5, Base.Change(10)));
        Assert.Equal(model.ToBytes(), await Store.RestoreAsync("task", 5));
    }

    [Fact]
    public async Task Save_RacingWritersOnOneStep_GiveOneWinner()
    {
        var models = Enumerable.Range(0, 6).Select(seed => Base.Change(100 + seed)).ToArray();
        var outcomes = await Task.WhenAll(models.Select(async model =>
        {
            try
            {
                return (await SaveFullAsync(7, model)).Created ? model : null;
            }
            catch (FishException error) when (error.Code == ErrorCode.StepTaken)
            {
                return null;
            }
        }));
        var winner = Assert.Single(outcomes, outcome => outcome is not null);
        Assert.Equal(winner!.ToBytes(), await Store.RestoreAsync("task", 7));
    }

    [Fact]
    public async Task Save_RightFileDigest_IsKept()
    {
        var model = Base.Change(11);
        var digest = Digest.From(SHA256.HashData(model.ToBytes()));
        var saved = await SavePatchAsync(1, model.PatchAgainst(Base), new SaveOptions { ExpectedFileDigest = digest });
        Assert.Equal(digest, saved.Value.FileDigest);
    }

    [Fact]
    public async Task Save_WrongFileDigest_IsRefused()
    {
        await RefusedAsync(ErrorCode.DigestMismatch, () =>
            SaveFullAsync(1, Base.Change(11), new SaveOptions { ExpectedFileDigest = Digest.Of("x"u8) }));
        await NothingSavedAsync();
    }

    [Fact]
    public async Task Save_WrongBase_IsRefused()
    {
        await RefusedAsync(ErrorCode.BaseMismatch, () =>
            SaveFullAsync(1, Base.Change(1), new SaveOptions { ExpectedBase = Digest.Of("x"u8) }));
        await NothingSavedAsync();
    }

    [Fact]
    public async Task Save_PatchNamingAnotherBase_IsRefused()
    {
        var metadata = new Dictionary<string, string>(StringComparer.Ordinal) { ["base"] = Digest.Of("x"u8).ToString() };
        await RefusedAsync(ErrorCode.BaseMismatch, () => SavePatchAsync(1, Base.Change(1).PatchAgainst(Base, metadata)));
        await NothingSavedAsync();
    }

    [Theory]
    [InlineData(ErrorCode.DtypeMismatch)]
    [InlineData(ErrorCode.ShapeMismatch)]
    [InlineData(ErrorCode.TensorUnknown)]
    [InlineData(ErrorCode.TensorMissing)]
    public async Task Save_FullThatDoesNotFit_IsRefused(ErrorCode code)
    {
        var model = code switch
        {
            ErrorCode.DtypeMismatch => Base.With(new TensorInfo("layer.0.bias", DType.I32, [17])),
            ErrorCode.ShapeMismatch => Base.With(new TensorInfo("layer.0.bias", DType.F32, [1, 17])),
            ErrorCode.TensorUnknown => Base.With(new TensorInfo("extra", DType.F32, [1])),
            _ => Base.Without("steps"),
        };
        await RefusedAsync(code, () => SaveFullAsync(1, model));
        await NothingSavedAsync();
    }

    [Theory]
    [InlineData(ErrorCode.IndexUnsorted, "layer.0.bias", DType.F32, 3, 2)]
    [InlineData(ErrorCode.IndexRepeated, "layer.0.bias", DType.F32, 3, 3)]
    [InlineData(ErrorCode.IndexOutOfRange, "layer.0.bias", DType.F32, 3, 17)]
    [InlineData(ErrorCode.IndexOutOfRange, "layer.0.bias", DType.F32, -1, 2)]
    [InlineData(ErrorCode.IndexOutOfRange, "layer.0.bias", DType.F32, 3, long.MaxValue)]
    [InlineData(ErrorCode.TensorUnknown, "nothing", DType.F32, 1, 2)]
    [InlineData(ErrorCode.DtypeMismatch, "layer.0.bias", DType.F16, 1, 2)]
    public async Task Save_PatchThatDoesNotFit_IsRefused(ErrorCode code, string tensor, DType type, long first, long second)
    {
        var patch = TestModel.Patch(
            null, (new TensorInfo(tensor + ".indices", DType.I64, [2]), [.. TestModel.Long(first), .. TestModel.Long(second)]),
            (new TensorInfo(tensor + ".values", type, [2]), new byte[2 * DTypes.UnitSizeOf(type)]));
        await RefusedAsync(code, () => SavePatchAsync(1, patch));
        await NothingSavedAsync();
    }

    [Fact]
    public async Task Save_PatchOfUnequalHalves_IsRefused()
    {
        var patch = TestModel.Patch(
            null, (new TensorInfo("layer.0.bias.indices", DType.I32, [1]), new byte[4]),
            (new TensorInfo("layer.0.bias.values", DType.F32, [2]), new byte[8]));
        await RefusedAsync(ErrorCode.ShapeMismatch, () => SavePatchAsync(1, patch));
        await NothingSavedAsync();
    }

    [Fact]
    public async Task Save_PatchThatNamesItsMask_RestoresWithoutPositions()
    {
        var (first, second) = (Base.Change(4), Base.Change(4).Change(9));
        var saved = await SavePatchAsync(1, first.PatchAgainst(Base));
        var values = ValuesOf(first.PatchAgainst(Base), second, saved.Value.Mask);
        var again = await SavePatchAsync(2, values);
        Assert.Equal((saved.Value.Mask, again.Value.ValueBytes), (again.Value.Mask, again.Value.StoredBytes));
        Assert.Equal(Patched(first.PatchAgainst(Base), second).ToBytes(), await Store.RestoreAsync("task", 2));
    }

    [Fact]
    public async Task Save_PatchThatNamesAMaskWrongly_IsRefused()
    {
        var first = Base.Change(4);
        var saved = await SavePatchAsync(1, first.PatchAgainst(Base));
        var values = ValuesOf(first.PatchAgainst(Base), first, saved.Value.Mask);
        await RefusedAsync(ErrorCode.MaskUnknown, () => SavePatchAsync(2, ValuesOf(first.PatchAgainst(Base), first, Digest.Of("none"u8))));
        Dictionary<string, string> named = new(StringComparer.Ordinal) { ["mask"] = saved.Value.Mask.ToString() };
        await RefusedAsync(ErrorCode.ShapeMismatch, () =>
            SavePatchAsync(2, TestModel.Patch(named, (new TensorInfo("layer.0.bias.values", DType.F32, [2, 2]), new byte[16]))));
        await RefusedAsync(ErrorCode.DtypeMismatch, () =>
            SavePatchAsync(2, TestModel.Patch(named, (new TensorInfo("layer.0.bias.values", DType.I32, [1]), new byte[4]))));
        await RefusedAsync(ErrorCode.TensorUnknown, () =>
            SavePatchAsync(2, TestModel.Patch(named, (new TensorInfo("none.values", DType.F32, [1]), new byte[4]))));
        var header = SafetensorsFile.Open(await WriteAsync(values));
        var part = header.Header.Tensors[0];
        var bytes = new byte[part.Info.Bytes];
        header.ReadData(part.Begin, bytes);
        header.Dispose();
        Assert.True(header.Header.Tensors.Count > 1);
        await RefusedAsync(ErrorCode.PatchInvalid, () => SavePatchAsync(2, TestModel.Patch(named, (part.Info, bytes))));
        Assert.Single((await Store.Checkpoints.ListAsync("task", new PageRequest(), Stop).ReadPageAsync()).Items);
    }

    [Fact]
    public async Task Save_ChangedAfterItsMaskWasDeleted_IsStored()
    {
        var mask = Mask.Create(Base.Layout, [new TensorMask(1, new long[] { 7, 9 })]);
        await Store.Checkpoints.SaveAsync("task", 1, new CheckpointContent.Changed(Gather(mask, Base.Change(1, 1))), null, Stop);
        await Store.Checkpoints.DeleteAsync("task", StepRef.At(1), Stop);
        var model = Base.Change(2, 1);
        var saved = await Store.Checkpoints.SaveAsync(
            "task", 2, new CheckpointContent.Changed(Gather(mask, model)),
            new SaveOptions { OpenTrainerState = () => new MemoryStream([1, 2, 3]) }, Stop);
        Assert.True(saved.Created);
        Assert.Equal(Masked(mask, model).ToBytes(), await Store.RestoreAsync("task", 2));
        Assert.Equal([1, 2, 3], await StateOfAsync(2));
    }

    [Fact]
    public async Task Save_WithState_StoresBothOrNeither()
    {
        var options = new SaveOptions { OpenTrainerState = () => new MemoryStream(new byte[70_000]) };
        var saved = await SaveFullAsync(1, Base.Change(1), options);
        Assert.InRange(saved.Value.TrainerStateBytes, 1, 70_100);
        Assert.Equal(saved.Value.TrainerStateBytes + saved.Value.ValueBytes + saved.Value.PositionBytes, saved.Value.StoredBytes);
        Assert.Equal(new byte[70_000], await StateOfAsync(1));

        var failing = new SaveOptions { OpenTrainerState = () => new FailingStream() };
        await Assert.ThrowsAnyAsync<Exception>(() => SaveFullAsync(2, Base.Change(2), failing));
        await RefusedAsync(ErrorCode.CheckpointNotFound, () => Store.Checkpoints.GetAsync("task", StepRef.At(2), Stop));
    }

    [Fact]
    public async Task Save_WithStateAgain_IsOneCheckpointAndOtherStateIsRefused()
    {
        var model = Base.Change(1);
        Assert.True((await SaveFullAsync(1, model)).Created);
        Assert.False((await SaveFullAsync(1, model, new SaveOptions { OpenTrainerState = () => new MemoryStream([1, 2]) })).Created);
        Assert.False((await SaveFullAsync(1, model, new SaveOptions { OpenTrainerState = () => new MemoryStream([1, 2]) })).Created);
        await RefusedAsync(ErrorCode.StateTaken, () =>
            SaveFullAsync(1, model, new SaveOptions { OpenTrainerState = () => new MemoryStream([3]) }));
        await RefusedAsync(ErrorCode.StepTaken, () =>
            SaveFullAsync(1, Base, new SaveOptions { OpenTrainerState = () => new MemoryStream([1, 2]) }));
        Assert.Equal([1, 2], await StateOfAsync(1));
    }

    [Theory]
    [InlineData("../x")]
    [InlineData("")]
    [InlineData("a b")]
    [InlineData("-a")]
    public async Task Save_BadTaskName_IsRefused(string task) =>
        await RefusedAsync(ErrorCode.NameInvalid, () => SaveFullAsync(1, Base, task: task));

    [Fact]
    public async Task Save_UnknownTask_IsRefused() =>
        await RefusedAsync(ErrorCode.TaskNotFound, () => SaveFullAsync(1, Base, task: "none"));

    [Fact]
    public async Task Save_OwnTensors_RestoresTheTaskLayout()
    {
        var own = new TensorInfo("head.weight", DType.F32, [2, 17]);
        var tensors = new Dictionary<string, OwnTensor?>(StringComparer.Ordinal)
        {
            ["head.weight"] = new OwnTensor("F32", [2, 17]), ["head.extra"] = new OwnTensor("BF16", [3]), ["steps"] = null,
        };
        await Store.Tasks.PutAsync("own", new TaskSpec("base", Tensors: tensors), Stop);
        await RefusedAsync(ErrorCode.TensorUnknown, () => SaveFullAsync(1, Base, task: "own"));
        var model = Base.Change(3).Without("steps").With(own).With(new TensorInfo("head.extra", DType.BF16, [3]));
        await SaveFullAsync(1, model, task: "own");
        Assert.Equal(model.ToBytes(), await Store.RestoreAsync("own", 1));

        // A patch says nothing of the own tensors: they are zeros.
        await SavePatchAsync(2,
            TestModel.Patch(null, (new TensorInfo("layer.0.bias.indices", DType.I32, [1]), [4, 0, 0, 0]),
                (new TensorInfo("layer.0.bias.values", DType.F32, [1]), [1, 2, 3, 4])), task: "own");
        await using var reader = await Store.States.OpenAsync("own", StepRef.At(2), Stop);
        Assert.Contains(reader.Layout.Tensors, tensor => tensor.Equals(own));
        var restored = await reader.ReadAsync();
        Assert.Equal(reader.FileOf("model.safetensors").Bytes, restored.Length);
    }

    private async Task<byte[]> StateOfAsync(long step)
    {
        await using var stream = await Store.States.OpenTrainerStateAsync("task", StepRef.At(step), Stop);
        using var copy = new MemoryStream();
        await stream.CopyToAsync(copy, Stop);
        return copy.ToArray();
    }

    // The values that a model has at a patch's positions, as a patch that names the mask.
    private byte[] ValuesOf(byte[] patch, TestModel model, Digest mask)
    {
        using var delta = PatchFile(patch);
        var parts = new SortedDictionary<int, List<byte>>();
        ForEach(delta, chunk =>
        {
            var values = new byte[chunk.Positions.Length * chunk.UnitSize];
            Units.Gather(model[Base.Layout.Tensors[chunk.Tensor].Name], chunk.Positions, 0, chunk.UnitSize, values);
            parts.TryAdd(chunk.Tensor, []);
            parts[chunk.Tensor].AddRange(values);
        });
        return TestModel.Patch(
            new Dictionary<string, string>(StringComparer.Ordinal) { ["mask"] = mask.ToString() },
            [.. parts.Select(part => (Base.Layout.Tensors[part.Key], part.Value)).Select(part => (
                new TensorInfo($"{part.Item1.Name}.values", part.Item1.Type, [part.Value.Count / part.Item1.UnitSize]),
                part.Value.ToArray()))]);
    }

    // The base with a model's values at a patch's positions.
    private TestModel Patched(byte[] patch, TestModel model)
    {
        using var delta = PatchFile(patch);
        var copy = CopyOfBase();
        ForEach(delta, chunk =>
        {
            var name = Base.Layout.Tensors[chunk.Tensor].Name;
            var values = new byte[chunk.Positions.Length * chunk.UnitSize];
            Units.Gather(model[name], chunk.Positions, 0, chunk.UnitSize, values);
            Units.Scatter(copy[name], chunk.Positions, 0, chunk.UnitSize, values);
        });
        return copy;
    }

    private void ForEach(SafetensorsFile patch, Action<DeltaChunk> use)
    {
        var (reader, chunk) = (new SparsePatchReader(patch, Base.Layout), new DeltaChunk());
        while (reader.Read(chunk))
        {
            use(chunk);
        }
    }

    private SafetensorsFile PatchFile(byte[] patch) => SafetensorsFile.Open(WriteAsync(patch).GetAwaiter().GetResult());

    private async Task<string> WriteAsync(byte[] bytes)
    {
        var path = Path.Combine(Folder, $"{Guid.NewGuid():N}.safetensors");
        await File.WriteAllBytesAsync(path, bytes, Stop);
        return path;
    }

    private sealed class FailingStream : ReadOnlyStream
    {
        private bool begun;

        public override int Read(Span<byte> buffer)
        {
            if (begun)
            {
                throw new IOException("The trainer's state cannot be read.");
            }

            begun = true;
            buffer.Clear();
            return buffer.Length;
        }
    }

    private static Delta Gather(Mask mask, TestModel model) =>
        MaskedState.Gather(mask, tensor => model[mask.Layout.Tensors[tensor].Name]);

    private TestModel CopyOfBase()
    {
        var copy = Base.Change(0, 0);
        foreach (var tensor in Base.Layout.Tensors)
        {
            Base[tensor.Name].CopyTo(copy[tensor.Name], 0);
        }

        return copy;
    }

    private TestModel Masked(Mask mask, TestModel model)
    {
        var copy = CopyOfBase();

        foreach (var tensor in mask.Tensors)
        {
            var info = mask.Layout.Tensors[tensor.Tensor];
            var values = new byte[tensor.Positions.Length * info.UnitSize];
            Units.Gather(model[info.Name], tensor.Positions.Span, 0, info.UnitSize, values);
            Units.Scatter(copy[info.Name], tensor.Positions.Span, 0, info.UnitSize, values);
        }

        return copy;
    }

    private async Task NothingSavedAsync()
    {
        Assert.Empty((await Store.Checkpoints.ListAsync("task", new PageRequest(), Stop).ReadPageAsync()).Items);
        var report = await Store.Reports.GetStorageAsync("task", Stop);
        Assert.Equal((0, 0), (report.Checkpoints, report.Stored.Total));
    }
}
