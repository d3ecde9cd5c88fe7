using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using FishCheckpoint.Benchmarks.Peers;

namespace FishCheckpoint.Benchmarks.Sizes;

/// <summary>What PyTorch itself would write, by a python3 that has it.</summary>
internal static class TorchSave
{
    private const string Script = """
        import io, sys
        sys.path.insert(0, sys.argv[1])
        import torch
        from fishcheckpoint.safetensors import load_file
        from fishcheckpoint.tensors.raw import bits
        state, file = load_file(sys.argv[2]), io.BytesIO()
        torch.save(state, file)
        length = file.tell()
        file.seek(0)
        again = torch.load(file)
        assert state.keys() == again.keys() and all(torch.equal(bits(value), bits(again[name])) for name, value in state.items())
        print(length)
        """;

    /// <summary>Bytes of a model's file, or <see langword="null"/> where there is no PyTorch.</summary>
    public static long? SizeOf(Checkpoint model)
    {
        var path = Path.Combine(Path.GetTempPath(), $"fish-{Guid.NewGuid():N}.safetensors");
        try
        {
            File.WriteAllBytes(path, model.ToFileBytes());
            var start = new ProcessStartInfo("/usr/bin/python3")
            {
                UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true,
            };
            foreach (var argument in new[] { "-c", Script, Path.Combine(Repository.Root, "src", "python"), path })
            {
                start.ArgumentList.Add(argument);
            }

            using var process = Process.Start(start)!;
            process.ErrorDataReceived += (_, _) => { };
            process.BeginErrorReadLine();
            var output = process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            return process.ExitCode == 0 ? long.Parse(output, CultureInfo.InvariantCulture) : null;
        }
        catch (Win32Exception)
        {
            return null;
        }
        finally
        {
            File.Delete(path);
        }
    }
}
