using FishCheckpoint.Checkpoints;
using FishCheckpoint.Contract;
using FishCheckpoint.Deltas;
using FishCheckpoint.Engine;
using FishCheckpoint.Errors;
using FishCheckpoint.Masks;
using Xunit;

namespace FishCheckpoint.Storage.Tests;

/// <summary>The store never reports its own damage as an error of the caller.</summary>
public sealed class DamageKindTests : StoreFixture
{
    // Rows that refer to a frame that never was.
    private const string Strayed =
        """
        PRAGMA foreign_keys = OFF;
        UPDATE masks SET frame = -frame WHERE frame = {0};
        UPDATE checkpoints SET frame = -frame WHERE frame = {0};
        UPDATE checkpoints SET trainer_frame = -trainer_frame WHERE trainer_frame = {0};
        """;

    private readonly Mask mask = Mask.Create(
        TestModel.Create().Layout,
        [new TensorMask(0, Enumerable.Range(0, 2_000).Select(index => index * 28L).ToArray()), new TensorMask(1, new long[] { 3, 5 })]);

    [Theory]
    [InlineData("UPDATE pieces SET data = zeroblob(length(data)) WHERE frame = {0}")]
    [InlineData("UPDATE pieces SET data = CAST(substr(data, 1, length(data) / 2) AS BLOB) WHERE frame = {0}")]
    [InlineData("DELETE FROM pieces WHERE frame = {0}")]
    [InlineData("UPDATE frames SET head = zeroblob(length(head)) WHERE id = {0}")]
    [InlineData("UPDATE frames SET head = CAST(substr(head, 1, length(head) / 2) AS BLOB) WHERE id = {0}")]
    [InlineData("UPDATE frames SET payload = payload + 1 WHERE id = {0}")]
    [InlineData(Strayed)]
    public async Task Read_OfWhatIsDamaged_SaysThatTheStoreIs(string damage)
    {
        var frames = (await MakeAsync()).ToArray();
        await Store.DisposeAsync();
        File.Copy(DatabasePath, DatabasePath + ".whole");
        var blamed = new List<string>();
        foreach (var (frame, what) in frames)
        {
            File.Copy(DatabasePath + ".whole", DatabasePath, overwrite: true);
            Sql(string.Format(System.Globalization.CultureInfo.InvariantCulture, damage, frame));
            await using var store = await SqliteCheckpointStore.OpenAsync(Options, Stop);
            var noticed = 0;
            foreach (var (name, ask) in Questions(store))
            {
                try
                {
                    await ask();
                }
                catch (FishException error) when (error.Kind == ErrorKind.Corrupt)
                {
                    noticed++;
                }
                catch (Exception error)
                {
                    blamed.Add($"{what}, {name}: {error.GetType().Name} {error.Message}");
                }
            }

            Assert.True(noticed > 0, $"Nobody noticed the damage of {what}.");
        }

        Assert.True(blamed.Count == 0, string.Join('\n', blamed));
    }

    private static IEnumerable<(string Name, Func<Task> Ask)> Questions(CheckpointStore store) =>
    [
        .. new long[] { 1, 2, 3, 4 }.SelectMany(step => (IEnumerable<(string, Func<Task>)>)
        [
            ($"open {step}", () => store.RestoreAsync("task", step)),
            ($"delta {step}", () => ReadAsync(store, step, default)),
            ($"delta of the one before {step}", () =>
                ReadAsync(store, step, step == 1 ? default : StateRef.FromStepRef(StepRef.At(step - 1)))),
            ($"compare {step}", () => store.States.CompareAsync("task", StepRef.At(step), default, Stop)),
            ($"verify {step}", () => store.Maintenance.VerifyCheckpointAsync("task", StepRef.At(step), Stop)),
            ($"state {step}", () => ReadStateAsync(store, step)),
        ]),
        ("verify", () => store.Maintenance.VerifyAsync(null, Stop)),
        ("recode", () => store.Maintenance.RecodeAsync(null, Stop)),
        ("fold", () => store.Maintenance.FoldAsync(null, Stop)),
        ("tensors", () => store.Reports.ListTensorsAsync("task", new PageRequest(), Stop).ReadPageAsync()),
    ];

    private async Task<IEnumerable<(long Frame, string What)>> MakeAsync()
    {
        var model = Base;
        for (var step = 1; step <= 3; step++)
        {
            model = model.Change(step, 0.0001);
            await Store.Checkpoints.SaveAsync(
                "task", step, new CheckpointContent.Changed(MaskedState.Gather(mask, tensor => model[mask.Layout.Tensors[tensor].Name])),
                null, Stop);
        }

        await SaveAsync(4, model.Change(9, 0.001));
        await Store.States.PutTrainerStateAsync("task", StepRef.At(2), new MemoryStream(new byte[5_000]), Stop);
        return [
            .. new long[] { 1, 2, 3, 4 }.Select(step => (Ask($"SELECT frame FROM checkpoints WHERE step = {step}"), $"values of {step}")),
            (Ask("SELECT m.frame FROM masks m JOIN checkpoints c ON c.mask = m.id WHERE c.step = 1"), "mask"),
            (Ask("SELECT trainer_frame FROM checkpoints WHERE step = 2"), "state"),
        ];
    }

    private static async Task ReadAsync(CheckpointStore store, long step, StateRef from)
    {
        using var delta = await store.States.OpenDeltaAsync("task", StepRef.At(step), from, Stop);
        var buffer = new byte[delta.Values.PayloadLength];
        delta.Values.ReadPayload(0, buffer);
        if (delta.Mask is { } frame)
        {
            frame.ReadPayload(0, new byte[frame.PayloadLength]);
        }
    }

    private static async Task ReadStateAsync(CheckpointStore store, long step)
    {
        if ((await store.Checkpoints.GetAsync("task", StepRef.At(step), Stop)).TrainerStateBytes > 0)
        {
            await using var state = await store.States.OpenTrainerStateAsync("task", StepRef.At(step), Stop);
            await state.CopyToAsync(Stream.Null, Stop);
        }
    }
}
