using System.Buffers.Binary;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Codec;
using FishCheckpoint.Contract;
using FishCheckpoint.Engine.Ports;
using FishCheckpoint.Errors;
using FishCheckpoint.Storage.Bases;
using FishCheckpoint.Tensors;
using Xunit;

namespace FishCheckpoint.Storage.Tests;

/// <summary>Bases that are kept compressed: the same bytes, fewer of them on the disk, and damage noticed as in plain ones.</summary>
public sealed class CompressedBaseTests : StoreFixture
{
    private StoreOptions Dense => Options with { Bases = BaseCompression.Compressed };

    [Fact]
    public async Task AddBase_TrainedWeights_TakeTwoThirdsAndComeBackByAnyRange()
    {
        await ReopenAsync(Dense);
        var model = Weights(700_001);
        await Store.Bases.AddAsync("weights", ModelUpload.FromStream(new MemoryStream(model)), Stop);
        await using var reader = await Store.Bases.OpenAsync("weights", Stop);
        Assert.Equal(model, await reader.ReadAsync());
        var random = new Random(2);
        for (var sample = 0; sample < 30; sample++)
        {
            var offset = random.Next(model.Length);
            var length = random.Next(model.Length - offset + 1);
            Assert.Equal(model[offset..(offset + length)], await reader.ReadAsync(offset: offset, length: length));
        }

        var stored = new FileInfo(FileOf(Digest.Of(model))).Length;
        Assert.InRange(stored, 1, model.Length * 67L / 100);
        var report = await Store.Reports.GetStorageAsync(null, Stop);
        Assert.Equal(stored + Base.ToBytes().Length, report.Disk!.Bases);
        Assert.Equal(model.Length, (await Store.Bases.GetAsync("weights", Stop)).Bytes);
    }

    [Fact]
    public async Task AddBase_AgainWithTheOtherOption_ChangesTheFileAndNothingElse()
    {
        await SaveAsync(1, Base.Change(1));
        var path = FileOf(Digest.Of(Base.ToBytes()));
        await using var before = await Store.States.OpenAsync("task", StepRef.At(1), Stop);
        foreach (var options in new[] { Dense, Options })
        {
            await ReopenAsync(options);
            var again = await Store.Bases.AddAsync("base", ModelUpload.FromStream(new MemoryStream(Base.ToBytes())), Stop);
            Assert.False(again.Created);
            Assert.Equal(options.Bases == BaseCompression.Compressed, IsDense(path));
            Assert.Equal(Base.Change(1).ToBytes(), await Store.RestoreAsync("task", 1));
            Assert.True((await Store.Maintenance.VerifyCheckpointAsync("task", StepRef.At(1), Stop)).Sound);
        }

        Assert.Equal(Base.ToBytes(), await File.ReadAllBytesAsync(path, Stop));
    }

    [Fact]
    public async Task Restore_CompressedBaseOpenedWithoutTheOption_IsTheSame()
    {
        await CompressAsync();
        await SaveAsync(1, Base.Change(1));
        await ReopenAsync();
        await SaveAsync(2, Base.Change(2));
        Assert.Equal(Base.Change(1).ToBytes(), await Store.RestoreAsync("task", 1));
        Assert.Equal(Base.Change(2).ToBytes(), await Store.RestoreAsync("task", 2));
    }

    [Fact]
    public async Task Restore_FlippedByteInABlock_NamesItAndOtherBlocksStayReadable()
    {
        await SaveAsync(1, Base.Change(1));
        var path = await CompressAsync();
        var bytes = await File.ReadAllBytesAsync(path, Stop);

        // The second block of the first tensor.
        var table = CompressedBaseHead.FixedLength + (int)Base.Header.DataStart;
        Flip(path, CompressedBaseHead.LengthOf(Base.Header) + BinaryPrimitives.ReadInt32LittleEndian(bytes.AsSpan(table)) + 1000);

        var error = await Assert.ThrowsAsync<FishException>(() => Store.RestoreAsync("task", 1));
        Assert.Equal(ErrorCode.CorruptBase, error.Code);
        Assert.Contains("embed.weight", error.Key, StringComparison.Ordinal);
        Assert.Contains("block 1", error.Cause, StringComparison.Ordinal);
        await using var reader = await Store.States.OpenAsync("task", StepRef.At(1), Stop);
        var head = await reader.ReadAsync(offset: 0, length: Base.Header.DataStart + (1 << 20));
        Assert.Equal(Base.Change(1).ToBytes()[..head.Length], head);
    }

    [Fact]
    public async Task Read_AnyFlippedByteOrEnd_IsRefused()
    {
        await ReopenAsync(Dense);
        var model = Weights(600);
        await Store.Bases.AddAsync("small", ModelUpload.FromStream(new MemoryStream(model)), Stop);
        var path = FileOf(Digest.Of(model));
        var whole = await File.ReadAllBytesAsync(path, Stop);
        for (var place = 0; place < whole.Length; place++)
        {
            Flip(path, place);
            await AssertCorruptAsync();
            await File.WriteAllBytesAsync(path, whole, Stop);
        }

        foreach (var length in new[] { 0, 7, 8, 20, 100, whole.Length - 1, whole.Length + 1 })
        {
            using (var file = File.OpenWrite(path))
            {
                file.SetLength(length);
            }

            await AssertCorruptAsync();
            await File.WriteAllBytesAsync(path, whole, Stop);
        }

        await using var reader = await Store.Bases.OpenAsync("small", Stop);
        Assert.Equal(model, await reader.ReadAsync());

        async Task AssertCorruptAsync()
        {
            await using var damaged = await Store.Bases.OpenAsync("small", Stop);
            Assert.Equal(ErrorCode.CorruptBase, (await Assert.ThrowsAsync<FishException>(() => damaged.ReadAsync())).Code);
        }
    }

    [Fact]
    public async Task AddBase_SmallModel_LiesAsTheFormatPageSays()
    {
        await ReopenAsync(Dense);
        var model = TestModel.Create(1, null, new TensorInfo("zeros", DType.F32, [100]), new TensorInfo("five", DType.U8, [5]));
        Array.Clear(model["zeros"]);
        await Store.Bases.AddAsync("small", ModelUpload.FromStream(new MemoryStream(model.ToBytes())), Stop);

        var header = model.Header.ToFileBytes();
        byte[] zeros = [5, 0, 5, 0, 5, 0, 5, 0];
        byte[] five = [0, .. model["five"]];
        var blocks = model.Header.Tensors[0].Info.Name == "zeros" ? new[] { zeros, five } : [five, zeros];
        byte[] head = [.. "FISHBASE"u8, .. Number(1), .. Number(header.Length), .. Number(2), .. header, .. Number(blocks[0].Length),
            .. Number(blocks[1].Length)];
        byte[] expected = [.. head, .. Number((int)Crc32C.Compute(head)), .. blocks[0], .. blocks[1]];
        Assert.Equal(expected, await File.ReadAllBytesAsync(FileOf(Digest.Of(model.ToBytes())), Stop));

        static byte[] Number(int number) => BitConverter.GetBytes(number);
    }

    // A tensor of weights as a normal distribution draws them.
    private static byte[] Weights(int count)
    {
        var model = TestModel.Create(1, null, new TensorInfo("weight", DType.BF16, [count]), new TensorInfo("none", DType.F32, [0]));
        var random = new Random(1);
        for (var index = 0; index < count; index++)
        {
            var weight = Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble()) * 0.02;
            BinaryPrimitives.WriteUInt16LittleEndian(model["weight"].AsSpan(2 * index),
                (ushort)(BitConverter.SingleToUInt32Bits((float)weight) >> 16));
        }

        return model.ToBytes();
    }

    private static bool IsDense(string path)
    {
        using var file = File.OpenRead(path);
        Span<byte> magic = stackalloc byte[8];
        file.ReadExactly(magic);
        return magic.SequenceEqual(CompressedBaseHead.Magic);
    }

    private static void Flip(string path, int place)
    {
        using var file = File.Open(path, FileMode.Open);
        file.Position = place;
        var value = file.ReadByte();
        file.Position = place;
        file.WriteByte((byte)(value ^ 0x10));
    }

    private string FileOf(Digest id) => Path.Combine(Options.DataFolder, "bases", id.ToString(), "model.safetensors");

    private async Task<string> CompressAsync()
    {
        await ReopenAsync(Dense);
        await Store.Bases.AddAsync("base", ModelUpload.FromStream(new MemoryStream(Base.ToBytes())), Stop);
        var path = FileOf(Digest.Of(Base.ToBytes()));
        Assert.True(IsDense(path));
        return path;
    }
}
