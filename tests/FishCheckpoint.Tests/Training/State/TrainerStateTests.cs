using FishCheckpoint.Errors;
using FishCheckpoint.Tensors;
using FishCheckpoint.Training;
using Xunit;

namespace FishCheckpoint.Tests.Training;

public sealed class TrainerStateTests
{
    [Fact]
    public async Task ReadAsync_OfWhatWasWritten_GivesEveryValueBack()
    {
        var state = new TrainerState();
        var optimizer = state.Section("optimizer");
        optimizer.Set("exp_avg/fc1.weight", [1.5f, -0f, float.NaN]);
        optimizer.Set("step/fc1.weight", 12L);
        optimizer.Set("lr", 0.1);
        state.Section("rng").Set("words", [1L, -1L]);
        state.Section("rng").Set("bytes", DType.U8, [1, 2, 3]);
        state.Section("sampler").Set("order", "seeded");
        state.Section("sampler").Set("empty", ReadOnlySpan<float>.Empty);

        var read = await TrainerState.ReadAsync(state.OpenRead(), "task/1", TestContext.Current.CancellationToken);

        Assert.Equal(["optimizer", "rng", "sampler"], read.Sections);
        Assert.Equal([1.5f, -0f, float.NaN], read.Section("optimizer").Floats("exp_avg/fc1.weight", 3).ToArray());
        Assert.True(float.IsNegative(read.Section("optimizer").Floats("exp_avg/fc1.weight")[1]));
        Assert.Equal(12, read.Section("optimizer").Long("step/fc1.weight"));
        Assert.Equal(0.1, read.Section("optimizer").Double("lr"));
        Assert.Equal([1L, -1L], read.Section("rng").Longs("words").ToArray());
        Assert.Equal([1, 2, 3], read.Section("rng").Bytes("bytes", DType.U8).ToArray());
        Assert.Equal("seeded", read.Section("sampler").Text("order"));
        Assert.Equal(0, read.Section("sampler").Floats("empty", 0).Length);
        Assert.Equal(["exp_avg/fc1.weight", "lr", "step/fc1.weight"], read.Section("optimizer").Names);
    }

    [Fact]
    public async Task OpenRead_IsASafetensorsFileOfTheLengthItSays()
    {
        var state = new TrainerState();
        state.Section("a").Set("b", [1f, 2f]);
        await using var stream = state.OpenRead();
        var copy = new MemoryStream();
        await stream.CopyToAsync(copy, TestContext.Current.CancellationToken);

        var header = HeaderParser.Parse(copy.ToArray().AsMemory(8, (int)BitConverter.ToInt64(copy.ToArray())), "state", 8);

        Assert.Equal(stream.Length, copy.Length);
        Assert.Equal(stream.Length, header.FileLength);
        Assert.Equal("a/b F32 [2]", header.Tensors.Single().Info.ToString());
        Assert.Equal("fish-trainer-state", header.Metadata["format"]);
    }

    [Fact]
    public void Get_WhatDoesNotFit_SaysWhichAndWhy()
    {
        var section = new TrainerState().Section("optimizer");
        section.Set("m", [1f, 2f]);
        section.Set("t", "x");

        AssertMismatch("optimizer/missing", () => section.Floats("missing"));
        AssertMismatch("optimizer/m", () => section.Floats("m", 3));
        AssertMismatch("optimizer/m", () => section.Longs("m"));
        AssertMismatch("optimizer/missing", () => section.Text("missing"));
        AssertMismatch("optimizer/t", () => section.Long("t"));
        AssertMismatch("optimizer/t", () => section.Double("t"));
    }

    [Fact]
    public void Set_ATakenName_IsRefused()
    {
        var section = new TrainerState().Section("s");
        section.Set("x", 1L);
        section.Set("y", [1f]);

        Assert.Throws<ArgumentException>(() => section.Set("x", 2L));
        Assert.Throws<ArgumentException>(() => section.Set("y", [2f]));
        Assert.Throws<ArgumentException>(() => section.Set("z", DType.F32, [1, 2, 3]));
        Assert.Throws<ArgumentException>(() => new TrainerState().Section("a/b"));
        Assert.Throws<ArgumentException>(() => new TrainerState().Section(string.Empty));
    }

    [Fact]
    public async Task ReadAsync_EveryPrefixAndASuffix_IsRefused()
    {
        var state = new TrainerState();
        state.Section("a").Set("b", [1f, 2f]);
        var whole = new MemoryStream();
        await state.OpenRead().CopyToAsync(whole, TestContext.Current.CancellationToken);
        for (var length = 0; length < whole.Length; length++)
        {
            await Assert.ThrowsAsync<FishException>(() => ReadAsync(whole.ToArray()[..length]));
        }

        var error = await Assert.ThrowsAsync<FishException>(() => ReadAsync([.. whole.ToArray(), 0]));
        Assert.Equal(ErrorCode.StateMismatch, error.Code);
    }

    [Theory]
    [InlineData("""{"__metadata__":{"format":"fish-trainer-state","version":"2"}}""")]
    [InlineData("""{"__metadata__":{"format":"pt"}}""")]
    [InlineData(
        """{"__metadata__":{"format":"fish-trainer-state","version":"1"},"loose":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}}""")]
    [InlineData("""{"__metadata__":{"format":"fish-trainer-state","version":"1"},"a/b":"""
        + """{"dtype":"U8","shape":[99999999999],"data_offsets":[0,99999999999]}}""")]
    [InlineData("""{"__metadata__":{"format":"fish-trainer-state","version":"1"},"a/b":"""
        + """{"dtype":"U8","shape":[2000000000],"data_offsets":[0,2000000000]}}""")]
    public async Task ReadAsync_AnotherFile_IsRefused(string json)
    {
        var error = await Assert.ThrowsAsync<FishException>(
            () => ReadAsync([.. BitConverter.GetBytes((long)json.Length), .. System.Text.Encoding.UTF8.GetBytes(json)]));

        Assert.Equal(ErrorCode.StateMismatch, error.Code);
        Assert.StartsWith("task/7", error.Key, StringComparison.Ordinal);
    }

    private static Task<TrainerState> ReadAsync(byte[] bytes) =>
        TrainerState.ReadAsync(new MemoryStream(bytes), "task/7", TestContext.Current.CancellationToken);

    private static void AssertMismatch(string key, Action read)
    {
        var error = Assert.Throws<FishException>(read);
        Assert.Equal((ErrorCode.StateMismatch, key), (error.Code, error.Key));
    }
}
