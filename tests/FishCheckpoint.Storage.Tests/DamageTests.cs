using FishCheckpoint.Checkpoints;
using FishCheckpoint.Contract;
using FishCheckpoint.Errors;
using FishCheckpoint.Tensors;
using Xunit;

namespace FishCheckpoint.Storage.Tests;

/// <summary>Damage is noticed where it is read, named, and confined to what it affects.</summary>
public sealed class DamageTests : StoreFixture
{
    private string BaseFile =>
        Directory.GetFiles(Path.Combine(Options.DataFolder, "bases"), "model.safetensors", SearchOption.AllDirectories).Single();

    [Fact]
    public async Task Restore_FlippedByteInAValuesFrame_IsRefusedAndOthersStayReadable()
    {
        await SaveAsync(1, Base.Change(1));
        await SaveAsync(2, Base.Change(2));
        Flip("SELECT frame FROM checkpoints WHERE step = 1");
        await AssertDamagedAsync(1, ErrorCode.CorruptCheckpoint);
        Assert.Equal(Base.Change(2).ToBytes(), await Store.RestoreAsync("task", 2));
        Assert.True((await Store.Maintenance.VerifyCheckpointAsync("task", StepRef.At(2), Stop)).Sound);
    }

    [Fact]
    public async Task Restore_FlippedByteInAMaskFrame_IsRefused()
    {
        await SavePatchAsync(1, Base.Change(1, 0.0005));
        Flip("SELECT m.frame FROM masks m JOIN checkpoints c ON c.mask = m.id WHERE c.step = 1");
        await AssertDamagedAsync(1, ErrorCode.CorruptCheckpoint);
    }

    [Fact]
    public async Task Save_OnADamagedMask_MendsItForAllThatLieOnIt()
    {
        var first = Base.Change(1, 0.0005);
        var info = await SavePatchAsync(1, first);
        Flip("SELECT m.frame FROM masks m JOIN checkpoints c ON c.mask = m.id WHERE c.step = 1");
        Assert.False((await Store.Maintenance.VerifyCheckpointAsync("task", StepRef.At(1), Stop)).Sound);

        var again = await SavePatchAsync(2, first);

        Assert.Equal(info.Mask, again.Mask);
        Assert.True((await Store.Maintenance.VerifyCheckpointAsync("task", StepRef.At(1), Stop)).Sound);
        Assert.True((await Store.Maintenance.VerifyCheckpointAsync("task", StepRef.At(2), Stop)).Sound);
        Assert.Equal(first.ToBytes(), await Store.RestoreAsync("task", 1));
    }

    [Fact]
    public async Task Save_AgainOverDamagedValues_MendsThem()
    {
        await SaveAsync(1, Base.Change(1));
        Flip("SELECT frame FROM checkpoints WHERE step = 1");
        await SaveAsync(1, Base.Change(1));
        Assert.True((await Store.Maintenance.VerifyCheckpointAsync("task", StepRef.At(1), Stop)).Sound);
        Assert.Equal(Base.Change(1).ToBytes(), await Store.RestoreAsync("task", 1));
    }

    [Fact]
    public async Task Restore_FlippedByteInBlocks_IsRefusedAndMendedByTheSameSave()
    {
        await SaveAsync(1, Base.Change(1));
        var info = await Store.Checkpoints.GetAsync("task", StepRef.At(1), Stop);
        Flip("SELECT frame FROM checkpoints WHERE step = 1 AND blocks = 1");
        await AssertDamagedAsync(1, ErrorCode.CorruptCheckpoint);
        await SaveAsync(1, Base.Change(1));
        var again = await Store.Checkpoints.GetAsync("task", StepRef.At(1), Stop);
        Assert.True((await Store.Maintenance.VerifyCheckpointAsync("task", StepRef.At(1), Stop)).Sound);
        Assert.Equal((info.StoredBytes, info.State), (again.StoredBytes, again.State));
    }

    [Fact]
    public async Task Restore_FlippedByteInAHead_IsRefused()
    {
        await SaveAsync(1, Base.Change(1));
        Sql(
            "UPDATE frames SET head = CAST(substr(head, 1, 50) || x'55' || substr(head, 52) AS BLOB) WHERE id = (SELECT frame FROM "
            + "checkpoints WHERE step = 1)");
        await AssertDamagedAsync(1, ErrorCode.CorruptCheckpoint);
    }

    [Fact]
    public async Task Restore_MissingPiece_IsRefused()
    {
        await SaveAsync(1, Base.Change(1));
        Sql("DELETE FROM pieces WHERE frame = (SELECT frame FROM checkpoints WHERE step = 1)");
        await AssertDamagedAsync(1, ErrorCode.CorruptCheckpoint);
    }

    [Fact]
    public async Task Restore_FlippedByteInTheBase_IsRefusedAndOtherBlocksStayReadable()
    {
        await SaveAsync(1, Base.Change(1));
        var embed = Base.Header.Tensors[0];
        using (var file = File.OpenWrite(BaseFile))
        {
            file.Position = Base.Header.DataStart + embed.Begin + 1_500_000;
            file.WriteByte((byte)(Base["embed.weight"][1_500_000] ^ 1));
        }

        await AssertDamagedAsync(1, ErrorCode.CorruptBase);
        await using var reader = await Store.States.OpenAsync("task", StepRef.At(1), Stop);
        var head = await reader.ReadAsync(offset: 0, length: Base.Header.DataStart + (1 << 20));
        Assert.Equal(Base.Change(1).ToBytes()[..head.Length], head);
    }

    [Fact]
    public async Task Restore_TruncatedBase_IsRefused()
    {
        await SaveAsync(1, Base.Change(1));
        using (var file = File.OpenWrite(BaseFile))
        {
            file.SetLength(file.Length - 1);
        }

        await ReopenAsync();
        await AssertDamagedAsync(1, ErrorCode.CorruptBase);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task AddBase_Again_MendsADamagedOne(bool missing)
    {
        await SaveAsync(1, Base.Change(1));
        await File.WriteAllBytesAsync(BaseFile, new byte[Base.ToBytes().Length], Stop);
        if (missing)
        {
            File.Delete(BaseFile);
        }

        Assert.False((await Store.Maintenance.VerifyCheckpointAsync("task", StepRef.At(1), Stop)).Sound);
        await Store.Bases.AddAsync("base", ModelUpload.FromStream(new MemoryStream(Base.ToBytes())), Stop);
        Assert.Equal(Base.Change(1).ToBytes(), await Store.RestoreAsync("task", 1));
    }

    [Fact]
    public async Task Restore_MissingBase_IsRefused()
    {
        await SaveAsync(1, Base.Change(1));
        File.Delete(BaseFile);
        await ReopenAsync();
        await AssertDamagedAsync(1, ErrorCode.CorruptBase);
    }

    [Fact]
    public async Task Verify_ValuesSwappedForAnotherCheckpoints_FindsIt()
    {
        // Every checksum is right, but the frames belong to another checkpoint.
        await SaveAsync(1, Base.Change(1));
        await SaveAsync(2, Base.Change(2));
        Sql(
            "UPDATE checkpoints SET mask = (SELECT mask FROM checkpoints WHERE step = 2), frame = (SELECT frame FROM checkpoints WHERE "
            + "step = 2) WHERE step = 1");
        Assert.False((await Store.Maintenance.VerifyCheckpointAsync("task", StepRef.At(1), Stop)).Sound);
    }

    [Fact]
    public async Task OpenState_FlippedByte_IsRefused()
    {
        await SaveAsync(1, Base.Change(1));
        await Store.States.PutTrainerStateAsync("task", StepRef.At(1), new MemoryStream(new byte[5000]), Stop);
        Flip("SELECT trainer_frame FROM checkpoints WHERE step = 1");
        await using var stream = await Store.States.OpenTrainerStateAsync("task", StepRef.At(1), Stop);
        var error = await Assert.ThrowsAsync<FishException>(() => stream.CopyToAsync(Stream.Null, Stop));
        Assert.Equal((ErrorCode.CorruptCheckpoint, "task/1 state"), (error.Code, error.Key));
        Assert.False((await Store.Maintenance.VerifyCheckpointAsync("task", StepRef.At(1), Stop)).Sound);
    }

    private void Flip(string frame)
    {
        using var connection = new Microsoft.Data.Sqlite.SqliteConnection($"Data Source={DatabasePath};Pooling=False");
        connection.Open();
        using var read = connection.CreateCommand();
        read.CommandText = $"SELECT data FROM pieces WHERE frame = ({frame}) ORDER BY position LIMIT 1";
        var data = (byte[])read.ExecuteScalar()!;
        data[data.Length / 2] ^= 1;
        using var write = connection.CreateCommand();
        write.CommandText = $"UPDATE pieces SET data = $data WHERE frame = ({frame}) AND position = 0";
        write.Parameters.AddWithValue("$data", data);
        Assert.Equal(1, write.ExecuteNonQuery());
    }

    private async Task<CheckpointInfo> SavePatchAsync(long step, TestModel model)
    {
        var path = Path.Combine(Options.DataFolder, $"{Guid.NewGuid():N}.patch");
        await File.WriteAllBytesAsync(path, model.PatchAgainst(Base), Stop);
        using var file = SafetensorsFile.Open(path);
        return (await Store.Checkpoints.SaveAsync("task", step, new CheckpointContent.Sparse(file), null, Stop)).Value;
    }

    private async Task AssertDamagedAsync(long step, ErrorCode code)
    {
        var error = await Assert.ThrowsAsync<FishException>(() => Store.RestoreAsync("task", step));
        Assert.Equal(code, error.Code);
        var verified = await Store.Maintenance.VerifyCheckpointAsync("task", StepRef.At(step), Stop);
        Assert.False(verified.Sound);
        Assert.NotNull(verified.Problem);
    }
}
