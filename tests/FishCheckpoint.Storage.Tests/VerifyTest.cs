using FishCheckpoint.Checkpoints;
using FishCheckpoint.Contract;
using FishCheckpoint.Tensors;
using Xunit;

namespace FishCheckpoint.Storage.Tests;

/// <summary>
/// A store of saves of every form, with trainer states, headers of a checkpoint's own, a tombstone, and a task that has replaced a
/// tensor.
/// </summary>
public abstract class VerifyTest : RecodeTest
{
    /// <summary>What every checkpoint that is there was saved from.</summary>
    internal Dictionary<(string Task, long Step), TestModel> Models { get; } = [];

    internal IReadOnlyCollection<(string Task, long Step)> Keys => Models.Keys;

    protected string BaseFileOf(TestModel model) =>
        Path.Combine(Options.DataFolder, "bases", Digest.Of(model.ToBytes()).ToString(), "model.safetensors");

    internal async Task<VariedSaves> PrepareAsync()
    {
        var saves = await SaveAllAsync();
        await SaveAsync(30, Base.Change(30, 0.001).Rearranged());
        await Store.States.PutTrainerStateAsync("task", StepRef.At(2), new MemoryStream(new byte[300_000]), Stop);
        await Store.States.PutTrainerStateAsync("narrow", StepRef.At(1), new MemoryStream([1, 2, 3]), Stop);
        await Store.Tasks.PutAsync("own", new TaskSpec("base", Tensors: new Dictionary<string, OwnTensor?>(StringComparer.Ordinal)
        {
            ["embed.weight"] = new OwnTensor("F32", [10, 4]),
        }), Stop);
        var own = Base.With(new TensorInfo("embed.weight", DType.F32, [10, 4]));
        using (var file = ModelFolder.Open(own.Write(Path.Combine(Options.DataFolder, "..", "own"))))
        {
            await Store.Checkpoints.SaveAsync("own", 1, new CheckpointContent.Full(file), null, Stop);
        }

        // A chain of blocks, whose middle is only there for its end.
        var middle = Base.Change(40, 0.001);
        await SaveAsync(40, middle);
        await SaveOnAsync(41, middle.Change(41, 0.001), 40);
        await SaveOnAsync(42, middle.Change(41, 0.001).Change(42, 0.001), 41);
        await Store.Checkpoints.DeleteAsync("task", StepRef.At(41), Stop);
        foreach (var (key, model) in saves.Models)
        {
            Models.Add(key, model);
        }

        Models.Add(("task", 30), Base.Change(30, 0.001).Rearranged());
        Models.Add(("own", 1), own);
        Models.Add(("task", 40), middle);
        Models.Add(("task", 42), middle.Change(41, 0.001).Change(42, 0.001));
        return saves;
    }

    /// <summary>The checkpoints that a verification of each by itself finds damaged.</summary>
    internal async Task<List<string>> UnsoundAsync()
    {
        var unsound = new List<string>();
        foreach (var (task, step) in Keys)
        {
            if (!(await Store.Maintenance.VerifyCheckpointAsync(task, StepRef.At(step), Stop)).Sound)
            {
                unsound.Add($"{task}/{step}");
            }
        }

        return [.. unsound.Order(StringComparer.Ordinal)];
    }

    /// <summary>Verifies the whole store, and compares what it says is affected with what cannot be read.</summary>
    internal async Task<VerifyReport> AssertExactAsync()
    {
        var (report, unsound) = (await Store.Maintenance.VerifyAsync(null, Stop), await UnsoundAsync());
        Assert.True(report.Finished);
        Assert.Equal(
            unsound, report.Damaged.SelectMany(item => item.Affected).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal));
        Assert.Equal(((long)Keys.Count, (long)unsound.Count), (report.Checkpoints, report.Affected));
        return report;
    }

    internal void FlipPiece(long frame, bool last = false)
    {
        var order = last ? "DESC" : "ASC";
        Sql($"""
            UPDATE pieces SET data = CAST(substr(data, 1, length(data) / 2) || CAST(char(unicode('a')) AS BLOB)
              || substr(data, length(data) / 2 + 2) AS BLOB)
            WHERE rowid = (SELECT rowid FROM pieces WHERE frame = {frame} ORDER BY position {order} LIMIT 1)
            """);
    }

    internal List<long> Frames(string where)
    {
        using var connection = new Microsoft.Data.Sqlite.SqliteConnection($"Data Source={DatabasePath};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = where;
        using var reader = command.ExecuteReader();
        var frames = new List<long>();
        while (reader.Read())
        {
            frames.Add(reader.GetInt64(0));
        }

        return frames;
    }

    internal byte[] DataOf(long frame)
    {
        using var connection = new Microsoft.Data.Sqlite.SqliteConnection($"Data Source={DatabasePath};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = $"SELECT data FROM pieces WHERE frame = {frame} ORDER BY position LIMIT 1";
        return (byte[])command.ExecuteScalar()!;
    }

    internal void PutData(long frame, byte[] data)
    {
        using var connection = new Microsoft.Data.Sqlite.SqliteConnection($"Data Source={DatabasePath};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText =
            $"UPDATE pieces SET data = $data WHERE rowid = (SELECT rowid FROM pieces WHERE frame = {frame} ORDER BY position LIMIT 1)";
        command.Parameters.AddWithValue("$data", data);
        Assert.Equal(1, command.ExecuteNonQuery());
    }

    internal static void FlipFile(string path, long offset)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.ReadWrite);
        file.Position = offset;
        var found = file.ReadByte();
        file.Position = offset;
        file.WriteByte((byte)(found ^ 0x20));
    }

    /// <summary>
    /// Every file of a folder with its digest: what it is, byte for byte. What a process that has it open keeps to itself aside.
    /// </summary>
    internal static List<string> Contents(string folder) =>
        [.. Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories)
        .Where(path => !path.EndsWith(".lock", StringComparison.Ordinal)).Order(StringComparer.Ordinal)
        .Select(path => $"{path} {Digest.Of(Bytes(path))}")];

    private static byte[] Bytes(string path)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        var bytes = new byte[file.Length];
        file.ReadExactly(bytes);
        return bytes;
    }

    protected async Task SaveOnAsync(long step, TestModel model, long parent)
    {
        using var file = ModelFolder.Open(model.Write(Path.Combine(Options.DataFolder, "..", $"on-{step}")));
        await Store.Checkpoints.SaveAsync(
            "task", step, new CheckpointContent.Full(file), new SaveOptions { Parent = ParentChoice.At(parent) }, Stop);
    }
}
