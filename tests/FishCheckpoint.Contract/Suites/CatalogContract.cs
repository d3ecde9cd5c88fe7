using System.Security.Cryptography;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Deltas;
using FishCheckpoint.Errors;
using FishCheckpoint.Tensors;
using Xunit;

namespace FishCheckpoint.Contract;

/// <summary>Bases, tasks, tags, states, deltas between steps, deletion and reports.</summary>
public class CatalogContract : CheckpointStoreContract
{
    [Fact]
    public async Task AddBase_SameTwice_IsOneBase()
    {
        var again = await Store.Bases.AddAsync("base", ModelUpload.FromStream(new MemoryStream(Base.ToBytes())), Stop);
        Assert.False(again.Created);
        Assert.Equal(Digest.From(SHA256.HashData(Base.ToBytes())), again.Value.Id);
        var alias = await Store.Bases.AddAsync("alias", ModelUpload.FromStream(new MemoryStream(Base.ToBytes())), Stop);
        Assert.True(alias.Created);
        Assert.Equal(again.Value.Id, alias.Value.Id);
        Assert.Equal(again.Value.Id, (await Store.Bases.GetAsync(alias.Value.Id.ToString(), Stop)).Id);
        Assert.Equal(
            ["alias", "base"], (await Store.Bases.ListAsync(new PageRequest(), Stop).ReadPageAsync()).Items.Select(item => item.Name));
    }

    [Fact]
    public async Task AddBase_OtherContentForATakenName_IsRefused() => await RefusedAsync(
        ErrorCode.BaseTaken, () => Store.Bases.AddAsync("base", ModelUpload.FromStream(new MemoryStream(Base.Change(1).ToBytes())), Stop));

    [Fact]
    public async Task AddBase_HostileHeader_IsRefusedAndLeavesNothing()
    {
        byte[] file = [255, 255, 255, 255, 255, 0, 0, 0, (byte)'{', (byte)'}'];
        await RefusedAsync(
            ErrorCode.HeaderTooLarge, () => Store.Bases.AddAsync("bad", ModelUpload.FromStream(new MemoryStream(file)), Stop));
        await RefusedAsync(ErrorCode.BaseNotFound, () => Store.Bases.GetAsync("bad", Stop));
    }

    [Fact]
    public async Task OpenBase_AnyRange_EqualsTheFile()
    {
        await using var reader = await Store.Bases.OpenAsync("base", Stop);
        var bytes = Base.ToBytes();
        Assert.Equal(bytes, await reader.ReadAsync());
        var random = new Random(1);
        for (var sample = 0; sample < 60; sample++)
        {
            var offset = random.Next(bytes.Length + 1);
            var length = random.Next(Math.Min(3_000_000, bytes.Length - offset) + 1);
            Assert.Equal(bytes[offset..(offset + length)], await reader.ReadAsync(offset: offset, length: length));
        }
    }

    [Fact]
    public async Task AddBase_ShardedFolder_RestoresEveryFile()
    {
        var folder = Path.Combine(Folder, "sharded");
        var shards = new[]
        {
            TestModel.Create(1, null, new TensorInfo("a", DType.F32, [9, 3]), new TensorInfo("b", DType.BF16, [400_000])),
            TestModel.Create(2, null, new TensorInfo("c", DType.I64, [5])),
        };
        var names = new[] { "model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors" };
        var files = new ModelFiles(names.Zip(shards, (name, shard) => new ModelFile(name, shard.Header)));
        shards.Zip(names).ToList().ForEach(pair => pair.First.Write(folder, pair.Second));
        
        // Another writer's index: the same content, other bytes, which come back as they are.
        var index = System.Text.Encoding.UTF8.GetString(ShardIndex.Create(files)).Replace("\n", " \n", StringComparison.Ordinal);
        await File.WriteAllTextAsync(Path.Combine(folder, ShardIndex.FileName), index, Stop);
        await File.WriteAllTextAsync(Path.Combine(folder, "config.json"), "{}", Stop);
        await Store.Bases.AddAsync("sharded", ModelUpload.FromPath(folder), Stop);
        await Store.Tasks.PutAsync("sharded", new TaskSpec("sharded"), Stop);

        var changed = shards.Select(shard => shard.Change(3)).ToArray();
        changed.Zip(names).ToList().ForEach(pair => pair.First.Write(folder, pair.Second));
        using (var model = ModelFolder.Open(folder))
        {
            await Store.Checkpoints.SaveAsync("sharded", 1, new CheckpointContent.Full(model), null, Stop);
        }

        await using var reader = await Store.States.OpenAsync("sharded", StepRef.At(1), Stop);
        Assert.Equal(["config.json", .. names, ShardIndex.FileName], reader.Files.Select(file => file.Name));
        foreach (var file in reader.Files)
        {
            Assert.Equal(await File.ReadAllBytesAsync(Path.Combine(folder, file.Name), Stop), await reader.ReadAsync(file.Name));
        }
    }

    [Fact]
    public async Task PutTask_Again_ChangesWhatMayChange()
    {
        var again = await Store.Tasks.PutAsync("task", new TaskSpec("base", "words"), Stop);
        Assert.False(again.Created);
        Assert.Equal("words", (await Store.Tasks.GetAsync("task", Stop)).Description);
        var tensors = new Dictionary<string, OwnTensor?>(StringComparer.Ordinal) { ["steps"] = null };
        await RefusedAsync(ErrorCode.TaskTaken, () => Store.Tasks.PutAsync("task", new TaskSpec("base", Tensors: tensors), Stop));
        await RefusedAsync(ErrorCode.BaseNotFound, () => Store.Tasks.PutAsync("new", new TaskSpec("none"), Stop));
    }

    [Fact]
    public async Task List_Pages_GiveEverythingOnce()
    {
        for (var step = 0; step < 7; step++)
        {
            await SaveFullAsync(step * 10, Base.Change(step));
            await Store.Tasks.PutAsync($"t{step}", new TaskSpec("base"), Stop);
        }

        var steps = new List<long>();
        for (var (page, after) = (
            await Store.Checkpoints.ListAsync("task", new PageRequest(3), Stop).ReadPageAsync(), ""); after is not null; after = page.Next)
        {
            page = after.Length == 0 ? page : await Store.Checkpoints.ListAsync("task", new PageRequest(3, after), Stop).ReadPageAsync();
            steps.AddRange(page.Items.Select(item => item.Step));
        }

        Assert.Equal([0, 10, 20, 30, 40, 50, 60], steps);
        var tasks = await Store.Tasks.ListAsync(new PageRequest(5), Stop).ReadPageAsync();
        Assert.Equal(["t0", "t1", "t2", "t3", "t4"], tasks.Items.Select(item => item.Name));
        Assert.Equal(["t5", "t6", "task"], (
            await Store.Tasks.ListAsync(new PageRequest(5, tasks.Next), Stop).ReadPageAsync()).Items.Select(item => item.Name));
        await RefusedAsync(ErrorCode.RequestInvalid, () => Store.Tasks.ListAsync(new PageRequest(0), Stop).ReadPageAsync());
    }

    [Fact]
    public async Task Get_LatestBestAndTag_FindTheCheckpoint()
    {
        await Store.Tasks.PutAsync("task", new TaskSpec("base", Retention: new Retention(Monitor: "loss", Mode: "min")), Stop);
        foreach (var (step, loss) in new[] { (1L, 0.5), (2L, 0.1), (3L, 0.3) })
        {
            var metrics = new Dictionary<string, double>(StringComparer.Ordinal) { ["loss"] = loss };
            await SaveFullAsync(step, Base.Change((int)step), new SaveOptions { Metrics = metrics });
        }

        await Store.Checkpoints.SetTagAsync("task", "first", StepRef.At(1), Stop);
        Assert.Equal(3, (await Store.Checkpoints.GetAsync("task", StepRef.Latest, Stop)).Step);
        Assert.Equal(2, (await Store.Checkpoints.GetAsync("task", StepRef.Best, Stop)).Step);
        var tagged = await Store.Checkpoints.GetAsync("task", StepRef.Parse("first"), Stop);
        Assert.Equal((1, 0.5), (tagged.Step, tagged.Metrics["loss"]));
        Assert.Equal(["first"], tagged.Tags);
        await Store.Checkpoints.SetTagAsync("task", "first", null, Stop);
        await RefusedAsync(ErrorCode.TagNotFound, () => Store.Checkpoints.GetAsync("task", StepRef.Parse("first"), Stop));
        await RefusedAsync(ErrorCode.TagNotFound, () => Store.Checkpoints.SetTagAsync("task", "first", null, Stop));
        await RefusedAsync(ErrorCode.NameInvalid, () => Store.Checkpoints.SetTagAsync("task", "12", StepRef.At(1), Stop));
        await RefusedAsync(ErrorCode.CheckpointNotFound, () => Store.Checkpoints.GetAsync("task", StepRef.At(9), Stop));
    }

    [Theory]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    [InlineData(double.NegativeInfinity)]
    public async Task Save_MetricThatIsNoFiniteNumber_IsKeptAndIsNeverBest(double loss)
    {
        await Store.Tasks.PutAsync("task", new TaskSpec("base", Retention: new Retention(Monitor: "loss", Mode: "min")), Stop);
        await SaveFullAsync(1, Base.Change(1),
            new SaveOptions { Metrics = new Dictionary<string, double>(StringComparer.Ordinal) { ["loss"] = 0.5 } });
        await SaveFullAsync(2, Base.Change(2),
            new SaveOptions { Metrics = new Dictionary<string, double>(StringComparer.Ordinal) { ["loss"] = loss } });
        Assert.Equal(loss, (await Store.Checkpoints.GetAsync("task", StepRef.At(2), Stop)).Metrics["loss"]);
        Assert.Equal(1, (await Store.Checkpoints.GetAsync("task", StepRef.Best, Stop)).Step);
    }

    [Fact]
    public async Task State_PutTwice_IsOneStateAndOtherIsRefused()
    {
        await SaveFullAsync(1, Base.Change(1));
        await RefusedAsync(ErrorCode.StateNotFound, () => Store.States.OpenTrainerStateAsync("task", StepRef.At(1), Stop));
        var bytes = new byte[700_001];
        new Random(1).NextBytes(bytes.AsSpan(0, 100_000));
        Assert.True((await Store.States.PutTrainerStateAsync("task", StepRef.At(1), new MemoryStream(bytes), Stop)).Created);
        Assert.False((await Store.States.PutTrainerStateAsync("task", StepRef.At(1), new MemoryStream(bytes), Stop)).Created);
        await RefusedAsync(
            ErrorCode.StateTaken, () => Store.States.PutTrainerStateAsync("task", StepRef.At(1), new MemoryStream([1]), Stop));
        await using var stream = await Store.States.OpenTrainerStateAsync("task", StepRef.At(1), Stop);
        using var read = new MemoryStream();
        await stream.CopyToAsync(read, Stop);
        Assert.Equal(bytes, read.ToArray());
        Assert.InRange((await Store.Checkpoints.GetAsync("task", StepRef.At(1), Stop)).TrainerStateBytes, 100_000, 110_000);
    }

    [Theory]
    [InlineData(null, 4)]
    [InlineData(1L, 4)]
    [InlineData(4L, 1)]
    [InlineData(2L, 2)]
    public async Task Delta_BetweenAnyTwoStates_LeadsFromOneToTheOther(long? from, long to)
    {
        var models = new List<TestModel> { Base };
        for (var step = 1; step <= 4; step++)
        {
            models.Add(models[^1].Change(step, 0.002));
            await SaveFullAsync(step, models[^1]);
        }

        using var delta = await Store.States.OpenDeltaAsync("task", StepRef.At(to), from is { } step1 ? StepRef.At(step1) : null, Stop);
        Assert.Equal(models[(int)to].ToBytes(), Apply(delta, models[(int)(from ?? 0)]));
    }

    [Fact]
    public async Task Delta_FromAnotherTaskOfTheBase_LeadsFromThereToHere()
    {
        var (here, there) = (Base.Change(1, 0.02), Base.Change(2, 0.03));
        await SaveFullAsync(1, here);
        await Store.Tasks.PutAsync("sibling", new TaskSpec("base"), Stop);
        await SaveFullAsync(7, there, task: "sibling");
        using var delta = await Store.States.OpenDeltaAsync("task", StepRef.Latest, StateRef.Parse("sibling:latest"), Stop);
        Assert.Equal(here.ToBytes(), Apply(delta, there));
        using var back = await Store.States.OpenDeltaAsync("sibling", StepRef.At(7), StateRef.Parse("task:1"), Stop);
        Assert.Equal(there.ToBytes(), Apply(back, here));
        using var same = await Store.States.OpenDeltaAsync("task", StepRef.At(1), StateRef.Parse("task:1"), Stop);
        Assert.Equal(here.ToBytes(), Apply(same, here));
    }

    [Fact]
    public async Task Delta_FromATaskOfAnotherBase_IsRefused()
    {
        await SaveFullAsync(1, Base.Change(1));
        await Store.Tasks.PutAsync("own", new TaskSpec(
            "base", Tensors: new Dictionary<string, OwnTensor?>(StringComparer.Ordinal) { ["own.weight"] = new("F32", [3]) }), Stop);
        await SaveFullAsync(1, Base.With(new Tensors.TensorInfo("own.weight", Tensors.DType.F32, [3])), task: "own");
        var second = TestModel.Create(9);
        await Store.Bases.AddAsync("second", ModelUpload.FromStream(new MemoryStream(second.ToBytes())), Stop);
        await Store.Tasks.PutAsync("elsewhere", new TaskSpec("second"), Stop);
        await SaveFullAsync(1, second.Change(1), task: "elsewhere");
        await RefusedAsync(
            ErrorCode.TaskNotFound, () => Store.States.OpenDeltaAsync("task", StepRef.At(1), StateRef.Parse("none:1"), Stop));
        await RefusedAsync(
            ErrorCode.LayoutMismatch, () => Store.States.OpenDeltaAsync("task", StepRef.At(1), StateRef.Parse("own:1"), Stop));
        await RefusedAsync(
            ErrorCode.BaseMismatch, () => Store.States.OpenDeltaAsync("task", StepRef.At(1), StateRef.Parse("elsewhere:1"), Stop));
    }

    private static byte[] Apply(Codec.EncodedDelta delta, TestModel start)
    {
        var result = start.Change(0, 0);
        start.Layout.Tensors.ToList().ForEach(tensor => start[tensor.Name].CopyTo(result[tensor.Name], 0));
        using var decoder = new Codec.DeltaDecoder(delta.Mask!, delta.Values, start.Layout, null);
        for (var chunk = new DeltaChunk(); decoder.Read(chunk);)
        {
            Units.Scatter(result[start.Layout.Tensors[chunk.Tensor].Name], chunk.Positions, 0, chunk.UnitSize, chunk.Values);
        }

        return result.ToBytes();
    }

    [Fact]
    public async Task Report_WithTrainerStatesLargerThanTheModels_ComparesModelsWithModels()
    {
        var state = new byte[4 << 20];
        new Random(5).NextBytes(state);
        await SaveFullAsync(1, Base.Change(1, 0.001));
        var without = await Store.Reports.GetStorageAsync("task", Stop);
        await Store.States.PutTrainerStateAsync("task", StepRef.At(1), new MemoryStream(state), Stop);
        foreach (var report in new[] { await Store.Reports.GetStorageAsync("task", Stop), await Store.Reports.GetStorageAsync(null, Stop) })
        {
            Assert.True(report.Stored.Total > report.LogicalBytes);
            Assert.Equal((without.Ratio, without.Stored.Model), (report.Ratio, report.Stored.Model));
            Assert.Equal((report.Stored.Model + report.Stored.TrainerState, (double)report.LogicalBytes / report.Stored.Model),
                (report.Stored.Total, report.Ratio));
            Assert.True(report.Ratio > 1);
        }
    }

    [Fact]
    public async Task Delete_AParent_LeavesItsChildrenReadable()
    {
        var models = new List<TestModel> { Base };
        for (var step = 1; step <= 4; step++)
        {
            models.Add(models[^1].Change(step, 0.0005));
            await SavePatchAsync(step, models[step].PatchAgainst(models[step - 1]), new SaveOptions { Parent = ParentChoice.Previous });
        }

        await Store.Checkpoints.SetTagAsync("task", "two", StepRef.At(2), Stop);
        await Store.Checkpoints.DeleteAsync("task", StepRef.At(2), Stop);
        await RefusedAsync(ErrorCode.CheckpointNotFound, () => Store.Checkpoints.GetAsync("task", StepRef.At(2), Stop));
        await RefusedAsync(ErrorCode.TagNotFound, () => Store.Checkpoints.GetAsync("task", StepRef.Parse("two"), Stop));
        Assert.Equal(models[4].ToBytes(), await Store.RestoreAsync("task", 4));
        await SaveFullAsync(2, models[3]);
        await Store.Tasks.DeleteAsync("task", Stop);
        await RefusedAsync(ErrorCode.TaskNotFound, () => Store.Tasks.GetAsync("task", Stop));
        var report = await Store.Reports.GetStorageAsync(null, Stop);
        Assert.Equal((0, 0, 0), (report.Checkpoints, report.Stored.Total, report.Disk!.Reclaimable));
    }

    [Fact]
    public async Task Delete_AndSaveAgain_CountsTheSharedMaskOnce()
    {
        var (first, second) = (Base.Change(1, 0.0005), Base.Change(1, 0.0005).Change(2, 0.0005));
        await SavePatchAsync(1, first.PatchAgainst(Base));
        await SavePatchAsync(2, second.PatchAgainst(first), new SaveOptions { Parent = ParentChoice.Previous });
        var before = await Store.Reports.GetStorageAsync("task", Stop);
        await Store.Checkpoints.DeleteAsync("task", StepRef.At(1), Stop);
        var again = await SavePatchAsync(3, first.PatchAgainst(Base), new SaveOptions { Parent = ParentChoice.Base });
        Assert.Equal(again.Value.PositionBytes + again.Value.ValueBytes, again.Value.StoredBytes);
        var after = await Store.Reports.GetStorageAsync("task", Stop);
        Assert.Equal(before.Stored, after.Stored);
    }

    [Fact]
    public async Task Delete_WhileBeingRead_DoesNotDisturbTheReader()
    {
        var model = Base.Change(1);
        await SaveFullAsync(1, model);
        await using var reader = await Store.States.OpenAsync("task", StepRef.At(1), Stop);
        await Store.Checkpoints.DeleteAsync("task", StepRef.At(1), Stop);
        if (ReadsSnapshots)
        {
            Assert.Equal(model.ToBytes(), await reader.ReadAsync());
        }
        else
        {
            await RefusedAsync(ErrorCode.CheckpointNotFound, () => reader.ReadAsync());
        }
    }

    [Fact]
    public async Task Tensor_OfACheckpoint_EqualsItsBytes()
    {
        var model = Base.Change(1);
        await SaveFullAsync(1, model);
        await using var reader = await Store.States.OpenAsync("task", StepRef.At(1), Stop);
        foreach (var tensor in Base.Layout.Tensors)
        {
            using var target = new MemoryStream();
            var pipe = System.IO.Pipelines.PipeWriter.Create(target);
            await reader.CopyTensorAsync(tensor.Name, pipe, Stop);
            await pipe.CompleteAsync();
            Assert.Equal(model[tensor.Name], target.ToArray());
        }

        await RefusedAsync(ErrorCode.TensorUnknown, () =>
            reader.CopyTensorAsync("none", System.IO.Pipelines.PipeWriter.Create(Stream.Null), Stop));
    }

    [Fact]
    public async Task Verify_SoundCheckpoint_SaysSo()
    {
        await SaveFullAsync(1, Base.Change(1));
        await SaveFullAsync(2, Base.Change(1).Change(2, 0.0001));
        var result = await Store.Maintenance.VerifyCheckpointAsync("task", StepRef.At(2), Stop);
        Assert.True(result.Sound, result.Problem);
        Assert.True(result.BytesRead > Base.Layout.Bytes);
    }

    [Fact]
    public async Task Report_AddsUp()
    {
        var one = await SaveFullAsync(1, Base.Change(1));
        var two = await SaveFullAsync(2, Base.Change(2));
        await Store.States.PutTrainerStateAsync("task", StepRef.At(2), new MemoryStream(new byte[1000]), Stop);
        var report = await Store.Reports.GetStorageAsync("task", Stop);
        var state = (await Store.Checkpoints.GetAsync("task", StepRef.At(2), Stop)).TrainerStateBytes;
        Assert.Equal((2, 2 * Base.ToBytes().LongLength), (report.Checkpoints, report.LogicalBytes));
        Assert.Equal(one.Value.StoredBytes + two.Value.StoredBytes + state, report.Stored.Total);
        Assert.Equal(one.Value.Changed + two.Value.Changed, report.Changed);
        Assert.Equal((double)report.LogicalBytes / report.Stored.Model, report.Ratio);
        var whole = await Store.Reports.GetStorageAsync(null, Stop);
        Assert.Equal(report.Stored, whole.Stored);
        Assert.Equal("task", Assert.Single(whole.Tasks!).Task);
        AssertBasesTake(whole.Disk!.Bases);
    }

    [Fact]
    public async Task Report_OfBaseTensorsAndGrowth_AddUp()
    {
        var reports = Store.Reports;
        await Store.Tasks.PutAsync("other", new TaskSpec("base"), Stop);
        await SaveFullAsync(1, Base.Change(1));
        await SaveFullAsync(2, Base.Change(1).Change(2, 0.0001));
        await SaveFullAsync(1, Base.Change(3), task: "other");
        var (task, other, whole) = (await reports.GetStorageAsync(
            "task", Stop), await reports.GetStorageAsync("other", Stop), await reports.GetStorageAsync(null, Stop));
        var ofBase = await reports.GetBaseAsync("base", Stop);
        Assert.Equal((task.Stored.Total + other.Stored.Total, 3L, 2L), (ofBase.Stored.Total, ofBase.Checkpoints, ofBase.TaskCount));
        Assert.Equal(("base", "base", null), (ofBase.Base, task.Base, whole.Base));
        Assert.Equal(whole.Disk!.Bases, ofBase.BaseBytes);
        Assert.Equal(ofBase, Assert.Single(whole.Bases!));
        Assert.Equal(["task", "other"], whole.Tasks!.OrderByDescending(row => row.Stored.Total).Select(row => row.Task));
        Assert.Equal((2L, task.Chains.MeanDepth), (task.Chains.MaxDepth, 1.5));
        Assert.True(task.Chains.MeanReadBytes > Base.ToBytes().Length);

        var tensors = await reports.ListTensorsAsync("task", new PageRequest(), Stop).ReadPageAsync();
        Assert.Equal(Base.Layout.Tensors.Select(tensor => tensor.Name).Order(StringComparer.Ordinal),
            tensors.Items.Select(tensor => tensor.Name).Order(StringComparer.Ordinal));
        Assert.Equal(task.Changed, tensors.Items.Sum(tensor => tensor.Changed));
        Assert.InRange(tensors.Items.Sum(tensor => tensor.Stored), 1, task.Stored.Total);
        Assert.Equal(("embed.weight", 2L, 2 * 600_000L * 4),
            (tensors.Items[0].Name, tensors.Items[0].Checkpoints, tensors.Items[0].LogicalBytes));
        Assert.Equal(tensors.Items[2].Name, Assert.Single(
            (await reports.ListTensorsAsync("task", new PageRequest(1, "2"), Stop).ReadPageAsync()).Items).Name);
        Assert.Equal("3", (await reports.ListTensorsAsync("task", new PageRequest(1, "2"), Stop).ReadPageAsync()).Next);
        Assert.Equal(
            tensors.Items.Select(tensor => tensor.Name),
            await reports.ListTensorsAsync("task", new PageRequest(1), Stop).Select(tensor => tensor.Name).ToListAsync(Stop));

        var growth = await reports.GetGrowthAsync(new Reports.GrowthRequest { Task = "task", Bucket = Reports.GrowthBucket.Month }, Stop);
        Assert.Equal((30, Reports.GrowthBucket.Month, "task"), (growth.Points.Count, growth.Bucket, growth.Task));
        Assert.Equal((2L, task.Stored.Total, task.LogicalBytes),
            (growth.Points[^1].CheckpointsAtEnd, growth.Points[^1].StoredBytesAtEnd, growth.Points[^1].LogicalBytesAtEnd));
        Assert.Equal(
            3, (await reports.GetGrowthAsync(new Reports.GrowthRequest { Base = "base" }, Stop)).Points.Sum(point => point.Checkpoints));

        await RefusedAsync(ErrorCode.BaseNotFound, () => reports.GetBaseAsync("none", Stop));
        await RefusedAsync(ErrorCode.TaskNotFound, () => reports.ListTensorsAsync("none", new PageRequest(), Stop).ReadPageAsync());
        await RefusedAsync(ErrorCode.RequestInvalid, () => reports.ListTensorsAsync("task", new PageRequest(1, "x"), Stop).ReadPageAsync());
        await RefusedAsync(ErrorCode.TaskNotFound, () => reports.GetGrowthAsync(new Reports.GrowthRequest { Task = "none" }, Stop));
        await RefusedAsync(
            ErrorCode.RequestInvalid, () => reports.GetGrowthAsync(new Reports.GrowthRequest { Task = "task", Base = "base" }, Stop));
        await RefusedAsync(
            ErrorCode.RequestInvalid, () => reports.GetGrowthAsync(new Reports.GrowthRequest { From = DateOnly.MinValue }, Stop));
        await RefusedAsync(
            ErrorCode.RequestInvalid, () => reports.GetGrowthAsync(new Reports.GrowthRequest { From = DateOnly.MaxValue }, Stop));
    }

    [Fact]
    public async Task Best_GoesByTheMetricThatIsMonitored_TheLatestOfEquals()
    {
        await Store.Tasks.PutAsync("task", new TaskSpec("base", Retention: new Retention(Monitor: "loss")), Stop);
        foreach (var (step, loss) in new[] { (1, 0.5), (2, 0.25), (3, 0.25), (4, double.NaN), (5, 0.75), (6, -0.5) })
        {
            await SaveFullAsync(step, Base.Change(step, 0.0001),
                new SaveOptions { Metrics = new Dictionary<string, double>(StringComparer.Ordinal) { ["loss"] = loss, ["n"] = 1 } });
        }

        Assert.Equal(6, (await Store.Checkpoints.GetAsync("task", StepRef.Best, Stop)).Step);
        await Store.Checkpoints.DeleteAsync("task", StepRef.At(6), Stop);
        Assert.Equal(3, (await Store.Checkpoints.GetAsync("task", StepRef.Best, Stop)).Step);
        await Store.Tasks.PutAsync("task", new TaskSpec("base", Retention: new Retention(Monitor: "loss", Mode: "max")), Stop);
        Assert.Equal(5, (await Store.Checkpoints.GetAsync("task", StepRef.Best, Stop)).Step);
        await Store.Tasks.PutAsync("task", new TaskSpec("base", Retention: new Retention(Monitor: "n", Mode: "max")), Stop);
        Assert.Equal(5, (await Store.Checkpoints.GetAsync("task", StepRef.Best, Stop)).Step);
        await Store.Tasks.PutAsync("task", new TaskSpec("base", Retention: new Retention(Monitor: "none")), Stop);
        await RefusedAsync(ErrorCode.CheckpointNotFound, () => Store.Checkpoints.GetAsync("task", StepRef.Best, Stop));
    }

    /// <summary>The store's one base takes as many bytes as were sent, unless it compresses bases.</summary>
    protected virtual void AssertBasesTake(long bytes) => Assert.Equal(Base.ToBytes().Length, bytes);
}
