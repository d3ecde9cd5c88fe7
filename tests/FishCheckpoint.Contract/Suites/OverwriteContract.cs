using FishCheckpoint.Checkpoints;
using FishCheckpoint.Errors;
using FishCheckpoint.Masks;
using Xunit;

namespace FishCheckpoint.Contract;

/// <summary>Metrics and metadata go with a save; an overwriting save replaces what is other, in one step.</summary>
public class OverwriteContract : CheckpointStoreContract
{
    private static readonly SaveOptions Overwriting = new() { Overwrite = true };

    [Fact]
    public async Task Save_ManyAndOddMetrics_AreKept()
    {
        var metrics = Enumerable.Range(0, 3000)
            .ToDictionary(index => $"eval/class {index:0000} \"précision\" \\ 精度 😀", index => index / 7.0, StringComparer.Ordinal);
        (metrics["nan"], metrics["up"], metrics["down"], metrics["tiny"]) =
            (double.NaN, double.PositiveInfinity, double.NegativeInfinity, double.Epsilon);
        var metadata = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["run"] = "a1", ["config é"] = new string('{', 50_000) + "\0\n\u2028\"", ["empty"] = "",
        };
        var saved = await SaveFullAsync(1, Base.Change(1), new SaveOptions { Metrics = metrics, Metadata = metadata });
        var listed = Assert.Single((await Store.Checkpoints.ListAsync("task", new PageRequest(), Stop).ReadPageAsync()).Items);
        foreach (var info in new[] { saved.Value, listed, await Store.Checkpoints.GetAsync("task", StepRef.Latest, Stop) })
        {
            Assert.Equal(metrics, info.Metrics);
            Assert.Equal(metadata, info.Metadata);
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("a\nb")]
    [InlineData("nul\0")]
    [InlineData("half a pair")]
    [InlineData("too long")]
    public async Task Save_NameThatCannotBeKept_IsRefused(string name)
    {
        // An attribute cannot hold half a surrogate pair.
        name = name switch { "half a pair" => "half \ud83d", "too long" => new string('n', SaveInfo.MaxNameLength + 1), _ => name };
        await RefusedAsync(
            ErrorCode.RequestInvalid, () => SaveFullAsync(
                1, Base, new SaveOptions { Metrics = new Dictionary<string, double>(StringComparer.Ordinal) { [name] = 1 } }));
        await RefusedAsync(
            ErrorCode.RequestInvalid, () => SaveFullAsync(
                1, Base, new SaveOptions { Metadata = new Dictionary<string, string>(StringComparer.Ordinal) { [name] = "" } }));
        Assert.Empty((await Store.Checkpoints.ListAsync("task", new PageRequest(), Stop).ReadPageAsync()).Items);
    }

    [Fact]
    public async Task Save_MoreTextThanACheckpointKeeps_IsRefused()
    {
        SaveOptions With(int length) =>
            new() { Metadata = new Dictionary<string, string>(StringComparer.Ordinal) { ["notes"] = new string('x', length) } };
        await RefusedAsync(ErrorCode.TooLarge, () => SaveFullAsync(1, Base, With(SaveInfo.MaxBytes)));
        await SaveFullAsync(1, Base, With(SaveInfo.MaxBytes - 100));
    }

    [Fact]
    public async Task List_OfLongTexts_GoesOnPageByPage()
    {
        for (var step = 1; step <= 12; step++)
        {
            await SaveFullAsync(
                step, Base, new SaveOptions
                {
                    Metadata = new Dictionary<string, string>(StringComparer.Ordinal) { ["notes"] = new string('x', 1_000_000) },
                });
        }

        var (found, page) = (new List<long>(), new PageRequest(100));
        do
        {
            var part = await Store.Checkpoints.ListAsync("task", page, Stop).ReadPageAsync();
            Assert.InRange(part.Items.Count, 1, 9);
            found.AddRange(part.Items.Select(item => item.Step));
            page = page with { After = part.Next };
        }
        while (page.After is not null);
        Assert.Equal(Enumerable.Range(1, 12).Select(step => (long)step), found);
    }

    [Fact]
    public async Task Overwrite_OtherContent_ReplacesItAndKeepsWhatIsBasedOnIt()
    {
        var (first, second) = (Base.Change(1), Base.Change(1).Change(2));
        await SaveFullAsync(
            5, first, new SaveOptions
            {
                OpenTrainerState = () => new MemoryStream([1]), Metrics = new Dictionary<string,
                double>(StringComparer.Ordinal) { ["loss"] = 1 },
            });
        await SavePatchAsync(6, second.PatchAgainst(first), new SaveOptions { Parent = ParentChoice.At(5) });
        await Store.Tasks.PutAsync("branch", new TaskSpec("base", BranchPoint: BranchPoint.Parse("task:5")), Stop);
        await Store.Checkpoints.SetTagAsync("task", "good", StepRef.At(5), Stop);
        var other = Base.Change(9);

        await RefusedAsync(ErrorCode.StepTaken, () => SaveFullAsync(5, other));
        var saved = await SaveFullAsync(5, other, Overwriting);
        Assert.True(saved.Created);
        Assert.Empty(saved.Value.Metrics);
        Assert.Equal(0, saved.Value.TrainerStateBytes);
        Assert.Equal(other.ToBytes(), await Store.RestoreAsync("task", 5));
        Assert.Equal(second.ToBytes(), await Store.RestoreAsync("task", 6));
        await using var start = await Store.States.OpenBranchPointAsync("branch", Stop);
        Assert.Equal(first.ToBytes(), await start.ReadAsync());

        // A tag names content: it goes with the old one, and does not move to the new one.
        await RefusedAsync(ErrorCode.TagNotFound, () => Store.Checkpoints.GetAsync("task", StepRef.Parse("good"), Stop));
        Assert.Equal(
            [5, 6], (await Store.Checkpoints.ListAsync("task", new PageRequest(), Stop).ReadPageAsync()).Items.Select(item => item.Step));
        Assert.All(new long[] { 5, 6 }, step => Assert.True(
            Store.Maintenance.VerifyCheckpointAsync("task", StepRef.At(step), Stop).GetAwaiter().GetResult().Sound));
    }

    [Fact]
    public async Task Overwrite_TheSame_IsOneCheckpoint()
    {
        var options = Overwriting with
        {
            OpenTrainerState = () => new MemoryStream([1, 2]),
                Metrics = new Dictionary<string, double>(StringComparer.Ordinal) { ["loss"] = double.NaN },
            Metadata = new Dictionary<string, string>(StringComparer.Ordinal) { ["run"] = "a" },
        };
        var model = Base.Change(3);
        Assert.True((await SaveFullAsync(1, model, options)).Created);
        await Store.Checkpoints.SetTagAsync("task", "good", StepRef.At(1), Stop);
        Assert.False((await SaveFullAsync(1, model, options)).Created);
        Assert.Equal(["good"], (await Store.Checkpoints.GetAsync("task", StepRef.At(1), Stop)).Tags);
    }

    [Fact]
    public async Task Overwrite_OtherStateMetricsOrMetadata_Replaces()
    {
        var model = Base.Change(3);
        var options = Overwriting with { OpenTrainerState = () => new MemoryStream([1]) };
        await SaveFullAsync(1, model, options);
        Assert.True((await SaveFullAsync(1, model, options = options with { OpenTrainerState = () => new MemoryStream([2, 2]) })).Created);
        await using (var state = await Store.States.OpenTrainerStateAsync("task", StepRef.At(1), Stop))
        {
            Assert.Equal((2, 2, -1), (state.ReadByte(), state.ReadByte(), state.ReadByte()));
        }

        Assert.True(
            (
                await SaveFullAsync(
                    1, model,
                    options = options with { Metrics = new Dictionary<string, double>(StringComparer.Ordinal) { ["loss"] = 2 } })).Created);
        Assert.True(
            (await SaveFullAsync(
                1, model, options with { Metadata = new Dictionary<string, string>(StringComparer.Ordinal) { ["run"] = "b" } })).Created);
        var info = await Store.Checkpoints.GetAsync("task", StepRef.At(1), Stop);
        Assert.Equal((2, "b"), (info.Metrics["loss"], info.Metadata["run"]));
        Assert.Equal(model.ToBytes(), await Store.RestoreAsync("task", 1));
    }

    [Fact]
    public async Task Overwrite_Pinned_IsRefusedAndChangesNothing()
    {
        var model = Base.Change(4);
        await SaveFullAsync(1, model);
        await Store.Checkpoints.SetPinAsync("task", StepRef.At(1), true, Stop);
        await RefusedAsync(ErrorCode.CheckpointPinned, () => SaveFullAsync(1, Base.Change(5), Overwriting));
        Assert.False((await SaveFullAsync(1, model, Overwriting)).Created);
        Assert.Equal(model.ToBytes(), await Store.RestoreAsync("task", 1));
    }

    [Fact]
    public async Task Overwrite_WithTheMaskOfTheReplacedOne_IsStored()
    {
        var mask = Mask.Create(Base.Layout, [new TensorMask(1, new long[] { 7, 9, 4000 })]);
        Task<Saved<CheckpointInfo>> SaveAsync(int seed, SaveOptions? options) => Store.Checkpoints.SaveAsync(
            "task", 3, new CheckpointContent.Changed(
                Deltas.MaskedState.Gather(mask, tensor => Base.Change(seed, 1)[Base.Layout.Tensors[tensor].Name])), options, Stop);
        await SaveAsync(1, null);
        var once = await Store.RestoreAsync("task", 3);
        Assert.True((await SaveAsync(2, Overwriting)).Created);
        Assert.NotEqual(once, await Store.RestoreAsync("task", 3));
        Assert.True((await SaveAsync(1, Overwriting)).Created);
        Assert.Equal(once, await Store.RestoreAsync("task", 3));
    }

    [Fact]
    public async Task Overwrite_BasedOnTheReplacedOne_IsStored()
    {
        var (first, second) = (Base.Change(1), Base.Change(1).Change(2));
        await SaveFullAsync(5, first);
        await SavePatchAsync(5, second.PatchAgainst(first), Overwriting with { Parent = ParentChoice.At(5) });
        Assert.Equal(second.ToBytes(), await Store.RestoreAsync("task", 5));
    }

    [Fact]
    public async Task Overwrite_RacingWriters_LeaveOneOfThem()
    {
        var models = Enumerable.Range(0, 6).Select(seed => Base.Change(200 + seed)).ToArray();
        await SaveFullAsync(7, Base);
        Assert.All(await Task.WhenAll(models.Select(model => SaveFullAsync(7, model, Overwriting))), saved => Assert.True(saved.Created));
        var left = await Store.RestoreAsync("task", 7);
        Assert.Single(models, model => model.ToBytes().SequenceEqual(left));
        Assert.Single((await Store.Checkpoints.ListAsync("task", new PageRequest(), Stop).ReadPageAsync()).Items);
    }
}
