using System.Globalization;
using System.Net.Sockets;
using FishCheckpoint.Errors;
using FishCheckpoint.Tensors;
using FishCheckpoint.Tests.Support;
using Xunit;

namespace FishCheckpoint.Tests.Tensors;

public sealed class FolderContentsTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("model-00001-of-00003.safetensors model-00003-of-00003.safetensors", "model-00002-of-00003.safetensors")]
    [InlineData("pytorch_model-00002-of-00002.bin", "pytorch_model-00001-of-00002.bin")]
    [InlineData("model.bf16-1-of-2.safetensors", "model.bf16-2-of-2.safetensors")]
    [InlineData("weights-00000-of-00002.safetensors", "weights-00001-of-00002.safetensors")]
    public void Read_ShardMissing_IsNamed(string files, string missing)
    {
        Write(files);
        Assert.Equal(missing, Refused.With(ErrorCode.ShardIndexInvalid, () => Read()).Key);
    }

    [Fact]
    public void Read_AnnouncedShardsWithoutEnd_AreNotEnumerated()
    {
        Write("model-1-of-999999999.safetensors");
        var error = Refused.With(ErrorCode.ShardIndexInvalid, () => Read());
        Assert.Contains("999999998", error.Cause, StringComparison.Ordinal);
        Assert.InRange(error.Cause.Length, 1, 300);
    }

    [Theory]
    [InlineData("model.safetensors model-00001-of-00001.safetensors")]
    [InlineData("model-00001-of-00001.safetensors model-00001-of-00002.safetensors model-00002-of-00002.safetensors")]
    [InlineData("model.fp16.safetensors model.int8.safetensors")]
    [InlineData("a-00001-of-00001.safetensors b.safetensors")]
    public void Read_SeveralModels_AreRefusedByName(string files)
    {
        Write(files);
        var error = Refused.With(ErrorCode.ModelAmbiguous, () => Read());
        Assert.All(files.Split(' '), file => Assert.Contains(file[..6], error.Cause, StringComparison.Ordinal));
        Assert.Contains("--file", error.Hint, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("model.safetensors model.fp16.safetensors", "", "model.safetensors")]
    [InlineData("model.safetensors model.fp16.safetensors", "FP16", "model.fp16.safetensors")]
    [InlineData(
        "model.safetensors model-1-of-2.fp16.safetensors model-2-of-2.fp16.safetensors", "fp16",
        "model-1-of-2.fp16.safetensors model-2-of-2.fp16.safetensors")]
    [InlineData("model.bf16.safetensors", "", "model.bf16.safetensors")]
    [InlineData("pytorch_model.bin pytorch_model.fp16.bin", "fp16", "pytorch_model.fp16.bin")]
    [InlineData(
        "diffusion_pytorch_model.safetensors diffusion_pytorch_model.non_ema.safetensors", "", "diffusion_pytorch_model.safetensors")]
    public void Read_Variants_AreDistinguished(string files, string variant, string expected)
    {
        Write(files);
        var read = Read(new ModelChoice(Variant: variant.Length == 0 ? null : variant));
        Assert.Equal(expected.Split(' '), read.Weights);
        Assert.Equal(files.Split(' ').Except(expected.Split(' ')).Order(StringComparer.Ordinal), read.LeftOut.Select(file => file.Name));
        Assert.Empty(read.SideFiles);
    }

    [Theory]
    [InlineData("model.safetensors consolidated.safetensors", "model.safetensors")]
    [InlineData("consolidated.00.safetensors params.json", "consolidated.00.safetensors")]
    [InlineData("model.safetensors pytorch_model.bin", "model.safetensors")]
    [InlineData("adapter_model.safetensors adapter_config.json pytorch_model.bin", "pytorch_model.bin")]
    [InlineData("adapter_model.safetensors adapter_config.json", "adapter_model.safetensors")]
    [InlineData("model.safetensors lora.safetensors", "model.safetensors")]
    [InlineData("left.safetensors right.safetensors", "left.safetensors right.safetensors")]
    [InlineData("model.v2.safetensors", "model.v2.safetensors")]
    public void Read_WithoutIndex_TakesWhatALoaderWould(string files, string expected)
    {
        Write(files);
        Assert.Equal(expected.Split(' '), Read().Weights);
    }

    [Theory]
    [InlineData("consolidated.safetensors", "consolidated.safetensors")]
    [InlineData("model-2-of-2.safetensors", "model-1-of-2.safetensors model-2-of-2.safetensors")]
    [InlineData("adapter_model.safetensors", "adapter_model.safetensors")]
    [InlineData("pytorch_model.bin", "pytorch_model.bin")]
    public void Read_FileChosen_TakesItsSet(string chosen, string expected)
    {
        Write("model.safetensors model-1-of-2.safetensors model-2-of-2.safetensors consolidated.safetensors");
        Write("adapter_model.safetensors pytorch_model.bin adapter_config.json");
        var read = Read(new ModelChoice(chosen));
        Assert.Equal(expected.Split(' '), read.Weights);
        Assert.Equal(chosen == "adapter_model.safetensors", read.SideFiles.Any(file => file.Name == "adapter_config.json"));
        Assert.Contains(
            "adapter_model", Refused.With(ErrorCode.FileNotFound, () => Read(new ModelChoice("other.safetensors"))).Hint,
            StringComparison.Ordinal);
        Refused.With(ErrorCode.FileNotFound, () => Read(new ModelChoice(Variant: "fp8")));
    }

    [Fact]
    public void Read_Index_SaysWhichFilesAreTheModel()
    {
        Write("first.safetensors second.safetensors model.safetensors third.safetensors");
        WriteIndex("model.safetensors.index.json", "first.safetensors", "second.safetensors");
        var read = Read();
        Assert.Equal(["first.safetensors", "second.safetensors"], read.Weights);
        Assert.Equal(["model.safetensors.index.json"], read.SideFiles.Select(file => file.Name));
        Assert.Equal(["model.safetensors", "third.safetensors"], read.LeftOut.Select(file => file.Name));

        Write("model.fp16.safetensors");
        WriteIndex("model.safetensors.index.fp16.json", "model.fp16.safetensors");
        Assert.Equal(["model.fp16.safetensors"], Read(new ModelChoice(Variant: "fp16")).Weights);
        Assert.Equal(["model.safetensors.index.fp16.json"], Read(new ModelChoice(Variant: "fp16")).SideFiles.Select(file => file.Name));
        File.Delete(folder["second.safetensors"]);
        Assert.Equal("second.safetensors", Refused.With(ErrorCode.ShardIndexInvalid, () => Read()).Key);
        WriteIndex("model.safetensors.index.json", "../outside.safetensors");
        Refused.With(ErrorCode.ShardIndexInvalid, () => Read());
        WriteIndex("model.safetensors.index.json", "config.json");
        Refused.With(ErrorCode.ShardIndexInvalid, () => Read());
    }

    [Fact]
    public void Read_TorchIndex_IsNoSideFile()
    {
        Write("pytorch_model-00001-of-00002.bin pytorch_model-00002-of-00002.bin");
        WriteIndex("pytorch_model.bin.index.json", "pytorch_model-00001-of-00002.bin", "pytorch_model-00002-of-00002.bin");
        var read = Read();
        Assert.True(read.IsTorch);
        Assert.Empty(read.SideFiles);
        Assert.Empty(read.LeftOut);
        Assert.Equal(folder["pytorch_model.bin.index.json"], read.TorchIndex);
    }

    [Theory]
    [InlineData("optimizer.bin", "training state")]
    [InlineData("optimizer_0/x.pt", "training state", "optimizer_0/")]
    [InlineData("scaler.pt", "training state")]
    [InlineData("rng_state_3.pth", "training state")]
    [InlineData("random_states_0.pkl", "training state")]
    [InlineData("trainer_state.json", "training state")]
    [InlineData("global_step120/mp_rank_00_model_states.pt", "training state", "global_step120/")]
    [InlineData("__0_0.distcp", "training state")]
    [InlineData("pytorch_model_fsdp_0/__1_0.distcp", "training state", "pytorch_model_fsdp_0/")]
    [InlineData("zero_to_fp32.py", "training state")]
    [InlineData("events.out.tfevents.1700000000.host.1", "a training log")]
    [InlineData("tf_model.h5", "weights of another format")]
    [InlineData("flax_model.msgpack", "weights of another format")]
    [InlineData("model.Q4_K_M.gguf", "weights of another format")]
    [InlineData("onnx/model.onnx", "weights of another format", "onnx/")]
    [InlineData("openvino/openvino_model.xml", "weights of another format", "openvino/")]
    [InlineData("original/consolidated.00.pth", "another model", "original/")]
    [InlineData("checkpoint-500/model.safetensors", "another model", "checkpoint-500/")]
    [InlineData(".gitattributes", "hidden")]
    [InlineData(".git/config", "hidden", ".git/")]
    [InlineData("assets/.cache/x", "hidden", "assets/.cache/")]
    [InlineData("with space.txt", "a name that cannot be kept")]
    [InlineData("modèle.json", "a name that cannot be kept")]
    [InlineData("a/b:c.json", "a name that cannot be kept")]
    [InlineData("training_model.pt", "a PyTorch file or pickle beside the model")]
    public void Read_WhatIsNoPartOfTheModel_IsLeftOutWithAReason(string file, string reason, string? name = null)
    {
        Write($"model.safetensors config.json scheduler/scheduler_config.json");
        Write(file, separator: '\n');
        var read = Read();
        Assert.Equal([new LeftOutFile(name ?? file, reason)], read.LeftOut);
        Assert.Equal(["config.json", "scheduler/scheduler_config.json"], read.SideFiles.Select(side => side.Name));
        Assert.Equal(["model.safetensors"], read.Weights);
    }

    [Fact]
    public void Read_SentenceTransformers_KeepsItsLayers()
    {
        Write(
            "model.safetensors modules.json 1_Pooling/config.json 2_Dense/config.json 2_Dense/model.safetensors other/model.safetensors "
            + "__init__.py");
        var read = Read();
        Assert.Equal(
            ["1_Pooling/config.json", "2_Dense/config.json", "2_Dense/model.safetensors", "__init__.py", "modules.json"],
            read.SideFiles.Select(file => file.Name));
        Assert.Equal([new LeftOutFile("other/", "another model")], read.LeftOut);
    }

    [Fact]
    public void Read_DeepAndManyFolders_AreBounded()
    {
        Write(
            $"model.safetensors {string.Join('/', Enumerable.Repeat("d", 7))}/kept.txt "
            + $"{string.Join('/', Enumerable.Repeat("e", 8))}/deep.txt");
        for (var file = 0; file <= SideFile.MaxCount; file++)
        {
            Write($"many/{file.ToString(CultureInfo.InvariantCulture)}.txt");
        }

        var read = Read();
        Assert.Equal([$"{string.Join('/', Enumerable.Repeat("d", 7))}/kept.txt"], read.SideFiles.Select(file => file.Name));
        Assert.Equal([$"{string.Join('/', Enumerable.Repeat("e", 8))}/", "many/"], read.LeftOut.Select(file => file.Name));
    }

    [Fact]
    public void Read_ModelsInFoldersOnly_NamesThem()
    {
        Write("unet/diffusion_pytorch_model.safetensors vae/diffusion_pytorch_model.safetensors model_index.json");
        Assert.Contains("unet, vae", Refused.With(ErrorCode.FileNotFound, () => Read()).Hint, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_LinksAndSpecialFiles_AreBlamedThemselves()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Links need a right on Windows.");
        Write("model.safetensors real.txt");
        File.CreateSymbolicLink(folder["linked.txt"], folder["real.txt"]);
        Directory.CreateSymbolicLink(folder["loop"], folder.Path);
        var read = Read();
        Assert.Equal(["linked.txt", "real.txt"], read.SideFiles.Select(file => file.Name));
        Assert.Equal([new LeftOutFile("loop/", "a link to a folder")], read.LeftOut);

        File.CreateSymbolicLink(folder["tokenizer.json"], folder["nowhere"]);
        Assert.Equal(folder["tokenizer.json"], Refused.With(ErrorCode.FileNotFound, () => Read()).Key);
        File.Delete(folder["tokenizer.json"]);
        File.CreateSymbolicLink(folder["optimizer.pt"], folder["nowhere"]);
        Assert.Equal(2, Read().LeftOut.Count);

        using var listening = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listening.Bind(new UnixDomainSocketEndPoint(folder["s.sock"]));
        Assert.Equal(folder["s.sock"], Refused.With(ErrorCode.FileUnreadable, () => Read()).Key);
    }

    private FolderContents Read(ModelChoice? choice = null) => FolderContents.Read(folder.Path, choice);

    private void Write(string files, char separator = ' ')
    {
        foreach (var file in files.Split(separator))
        {
            Directory.CreateDirectory(Path.GetDirectoryName(folder[file])!);
            File.WriteAllText(folder[file], "x");
        }
    }

    private void WriteIndex(string name, params string[] files) => File.WriteAllText(
        folder[name],
        "{\"metadata\":{},\"weight_map\":{" + string.Join(
            ',', files.Select((file, number) => $"\"t{number.ToString(CultureInfo.InvariantCulture)}\":\"{file}\"")) + "}}");
}
