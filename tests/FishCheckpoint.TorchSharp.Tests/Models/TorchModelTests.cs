using FishCheckpoint.Errors;
using FishCheckpoint.Masks;
using FishCheckpoint.Tensors;
using TorchSharp;
using Xunit;

namespace FishCheckpoint.TorchSharp.Tests.Models;

public sealed class TorchModelTests
{
    public static TheoryData<torch.ScalarType, DType> Dtypes => new()
    {
        { torch.ScalarType.Float64, DType.F64 }, { torch.ScalarType.Float32, DType.F32 }, { torch.ScalarType.Float16, DType.F16 },
        { torch.ScalarType.BFloat16, DType.BF16 }, { torch.ScalarType.Int64, DType.I64 }, { torch.ScalarType.Int32, DType.I32 },
        { torch.ScalarType.Int16, DType.I16 }, { torch.ScalarType.Int8, DType.I8 }, { torch.ScalarType.Byte, DType.U8 },
            { torch.ScalarType.Bool, DType.Bool },
    };

    [Theory]
    [MemberData(nameof(Dtypes))]
    public void GatherReadWrite_EveryDtype_AreExact(torch.ScalarType torchType, DType type)
    {
        // Any bits: NaN payloads, -0 and subnormals among them.
        var random = new Random(7);
        foreach (var asDevice in (bool[])[false, true])
        {
            using var module = new Held([], [("t", RandomBits(random, torchType, 6, 5))]);
            using var model = new TorchModel(module, null, asDevice);
            var info = Assert.Single(model.Layout.Tensors);
            Assert.Equal(new TensorInfo("t", type, [6, 5]), info);
            CheckAgainstPlain(model, 0, random);
        }
    }

    [Theory]
    [InlineData("transposed", false)]
    [InlineData("transposed", true)]
    [InlineData("sliced", false)]
    [InlineData("sliced", true)]
    [InlineData("row", false)]
    [InlineData("row", true)]
    public void GatherReadWrite_Views_GoByTheShapeNotTheMemory(string view, bool asDevice)
    {
        var random = new Random(8);
        using var memory = RandomBits(random, torch.ScalarType.Float32, 6, 10);
        using var seen = view switch { "transposed" => memory.t(), "sliced" => memory.slice(1, 1, 9, 3).slice(0, 1, 6, 2), _ => memory[3] };
        using var module = new Held([], [("t", seen)]);
        using var model = new TorchModel(module, null, asDevice);
        var before = Bits.Of(memory);

        CheckAgainstPlain(model, 0, random);

        Assert.Equal(seen.numel(), Bits.Of(memory).Chunk(4).Zip(before.Chunk(4)).Count(pair => !pair.First.SequenceEqual(pair.Second)));
    }

    [Fact]
    public void Constructor_Expanded_IsRefused()
    {
        using var module = new Held([], [("t", torch.ones(1, 4).expand(3, 4))]);
        Assert.Equal(ErrorCode.RequestInvalid, Assert.Throws<FishException>(() => new TorchModel(module)).Code);
    }

    [Fact]
    public void Constructor_Complex_IsRefusedByName()
    {
        using var module = new Held([], [("spectrum", torch.zeros(2, torch.complex64))]);
        var error = Assert.Throws<FishException>(() => new TorchModel(module));
        Assert.Equal((ErrorCode.DtypeMismatch, "spectrum"), (error.Code, error.Key));
    }

    [Fact]
    public void LayoutOf_Module_HasParametersThenPersistentBuffers()
    {
        using var net = Classifier.Seeded(1);
        Assert.Equal(
            ["first.weight", "first.bias", "norm.weight", "norm.bias", "second.weight", "second.bias", "norm.running_mean",
            "norm.running_var", "norm.num_batches_tracked"],
            TorchModel.LayoutOf(net).Tensors.Select(tensor => tensor.Name));
        Assert.Equal(new TensorInfo("norm.num_batches_tracked", DType.I64, []), TorchModel.LayoutOf(net).Tensors[^1]);
    }

    [Fact]
    public void LayoutOf_Sequential_HasItsNames()
    {
        using var net = torch.nn.Sequential(("a", torch.nn.Linear(2, 3)), ("b", torch.nn.Sequential(torch.nn.BatchNorm1d(3))));
        Assert.Equal(
            ["a.weight", "a.bias", "b.0.weight", "b.0.bias", "b.0.running_mean", "b.0.running_var", "b.0.num_batches_tracked"],
            TorchModel.LayoutOf(net).Tensors.Select(tensor => tensor.Name));
    }

    [Fact]
    public void LayoutOf_BufferThatIsNotPersistent_LeavesItOut()
    {
        using var module = new Held([("w", torch.ones(2))]);
        module.register_buffer("cache", torch.ones(3), persistent: false);
        using var model = new TorchModel(module);
        Assert.Equal(["w"], model.Layout.Tensors.Select(tensor => tensor.Name));
    }

    [Fact]
    public void Constructor_LayoutOfAnotherOrder_IsFollowed()
    {
        using var net = Classifier.Seeded(1);
        var layout = new Layout([.. TorchModel.LayoutOf(net).Tensors.Reverse()]);
        using var model = new TorchModel(net, layout);
        var bytes = new byte[layout.Tensors[^1].Bytes];
        model.Read(layout.Tensors.Count - 1, 0, bytes);
        Assert.Equal(Bits.Of(net.get_parameter("first.weight")!), bytes);
    }

    [Theory]
    [InlineData("missing", ErrorCode.TensorMissing)]
    [InlineData("unknown", ErrorCode.TensorUnknown)]
    [InlineData("dtype", ErrorCode.DtypeMismatch)]
    [InlineData("shape", ErrorCode.ShapeMismatch)]
    public void Constructor_LayoutThatDoesNotFit_IsRefused(string fault, ErrorCode code)
    {
        using var module = new Held([("w", torch.ones(2, 3)), ("b", torch.ones(3))]);
        TensorInfo w = new("w", DType.F32, [2, 3]), b = new("b", DType.F32, [3]);
        TensorInfo[] tensors = fault switch
        {
            "missing" => [w, b, new("c", DType.F32, [1])],
            "unknown" => [w],
            "dtype" => [w, new("b", DType.F16, [3])],
            _ => [new("w", DType.F32, [3, 2]), b],
        };
        Assert.Equal(code, Assert.Throws<FishException>(() => new TorchModel(module, new Layout(tensors))).Code);
    }

    [Fact]
    public void Constructor_LayoutThatDiffersInSeveralTensors_IsRefusedWithAllOfThem()
    {
        using var module = new Held([("w", torch.ones(2, 3)), ("b", torch.ones(3)), ("extra", torch.ones(1))]);
        var layout = new Layout(
            [new TensorInfo("module.w", DType.F32, [3, 3]), new TensorInfo("b", DType.F16, [3]), new TensorInfo("gone", DType.F32, [1])]);
        var refused = Assert.Throws<FishException>(() => new TorchModel(module, layout));
        Assert.All(
            new[] { "in 4 tensors", "'module.w'", "'b'", "gone", "'extra'" },
            part => Assert.Contains(part, refused.Cause, StringComparison.Ordinal));
        Assert.Contains("OwnTensors = [\"module.w\", \"b\", \"gone\", \"extra\"]", refused.Hint, StringComparison.Ordinal);
    }

    [Fact]
    public void Constructor_LayoutOfAWrappedModel_IsTheModules()
    {
        using var module = new Held([("w", torch.ones(2, 3)), ("b", torch.ones(3))]);
        using var model = new TorchModel(
            module,
            new Layout([new TensorInfo("module._orig_mod.b", DType.F32, [3]), new TensorInfo("module._orig_mod.w", DType.F32, [2, 3])]));
        var bytes = new byte[12];
        model.Read(0, 0, bytes);
        Assert.Equal(Bits.Of(module.get_parameter("b") ?? module.get_buffer("b")!), bytes);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void TiedParameters_AreFoundAndGivenOnce(bool oneObject)
    {
        using var net = new TiedNet(oneObject);
        using var made = new TorchModel(net);
        Assert.Equal(["embedding.weight"], made.Layout.Tensors.Select(tensor => tensor.Name));

        using var given = new TorchModel(
            net, new Layout([new("output.weight", DType.F32, [5, 4]), new("embedding.weight", DType.F32, [5, 4])]));
        Assert.Equal([[0, 1]], given.Tied.Groups);
        Assert.Equal(0.5, FishCheckpoint.Training.MaskBudget.Compute(given.Layout, given.Rule(0.5)).Total / 20.0);
    }

    [Fact]
    public void Use_AfterConversionThereAndBack_FindsTheNewTensors()
    {
        using var net = Classifier.Seeded(1);
        using var model = new TorchModel(net);
        var mask = Bits.MaskOf(model, 0.5, 1);
        net.to(torch.ScalarType.Float64);
        var values = new byte[mask.Tensors[0].Positions.Length * 4];
        Assert.Equal(ErrorCode.DtypeMismatch, Assert.Throws<FishException>(() => model.Gather(mask.Tensors[0], values)).Code);

        net.to(torch.ScalarType.Float32);
        using (torch.no_grad())
        {
            net.get_parameter("first.weight")!.fill_(3f);
        }

        model.Gather(mask.Tensors[0], values);
        Assert.All(values.Chunk(4), value => Assert.Equal(3f, BitConverter.ToSingle(value)));
    }

    [Fact]
    public void SaveFileLoadFile_RoundTrip()
    {
        var path = Path.Combine(Directory.CreateTempSubdirectory("fish-torch-").FullName, "model.safetensors");
        using var left = Classifier.Seeded(1);
        using var right = Classifier.Seeded(2);
        new TorchModel(left).SaveFile(path);
        using (var file = SafetensorsFile.Open(path))
        {
            Assert.Equal(TorchModel.LayoutOf(left).Id, file.Header.ToLayout().Id);
        }

        new TorchModel(right).LoadFile(path);
        Bits.Same(left, right);
        Directory.Delete(Path.GetDirectoryName(path)!, recursive: true);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Use_ManyTimes_LeavesNoTensors(bool asDevice)
    {
        using var module = new Held([("w", torch.randn(6, 5)), ("v", torch.randn(6, 5).t())]);
        using var model = new TorchModel(module, null, asDevice);
        var mask = Mask.Create(model.Layout, [new TensorMask(0, new long[] { 1, 2, 7 }), new TensorMask(1, new long[] { 0, 29 })]);
        TensorCount.AssertStable(100, () =>
        {
            foreach (var tensor in mask.Tensors)
            {
                model.Gather(tensor, new byte[tensor.Positions.Length * 4]);
                model.Read(tensor.Tensor, 6, new byte[11]);
                model.Write(tensor.Tensor, 6, new byte[11]);
            }
        });
    }

    private static torch.Tensor RandomBits(Random random, torch.ScalarType type, long rows, long columns)
    {
        var tensor = torch.zeros(rows, columns, type);
        random.NextBytes(tensor.bytes);
        if (type == torch.ScalarType.Bool)
        {
            foreach (ref var value in tensor.bytes)
            {
                value &= 1;
            }
        }

        return tensor;
    }

    private static void CheckAgainstPlain(TorchModel model, int tensor, Random random)
    {
        var (info, live) = (model.Layout.Tensors[tensor], model.Tensors[tensor].Live);
        long[] positions =
            [.. Enumerable.Range(0, (int)info.Units).Where(position => position == 0 || random.Next(2) == 0)
            .Select(position => (long)position)];
        var (values, plain) = (new byte[positions.Length * info.UnitSize], Bits.Of(live));
        model.Gather(new TensorMask(tensor, positions), values);
        Assert.Equal(
            positions.SelectMany(position => plain[((int)position * info.UnitSize)..(((int)position + 1) * info.UnitSize)]), values);

        // Ranges that begin and end inside of elements.
        for (var round = 0; round < 20; round++)
        {
            var offset = random.Next(plain.Length);
            var part = new byte[random.Next(1, plain.Length - offset + 1)];
            model.Read(tensor, offset, part);
            Assert.Equal(plain[offset..(offset + part.Length)], part);
        }

        // Every byte is replaced, in parts of odd lengths.
        byte[] replaced = [.. plain.Select(value => (byte)(info.Type == DType.Bool ? value ^ 1 : value ^ 0xA5))];
        for (int begin = 0, length = 1; begin < replaced.Length; begin += length, length = random.Next(1, 14))
        {
            model.Write(tensor, begin, replaced.AsSpan(begin, Math.Min(length, replaced.Length - begin)));
        }

        Assert.Equal(replaced, Bits.Of(live));
    }
}
