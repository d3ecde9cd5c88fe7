using System.Diagnostics;
using System.Globalization;

namespace FishCheckpoint.Benchmarks.EndToEnd.Saving;

/// <summary><c>torch.save</c> and fsync of a dense model, in the system's Python: one process that saves whenever it is asked to.</summary>
internal sealed class TorchSaver : IDisposable
{
    private const string Python = "/usr/bin/python3";

    // The tensors are read from the safetensors file without a package; what is timed is what a trainer does to be sure of its checkpoint.
    private const string Script = """
        import json, os, struct, sys, time
        import torch
        with open(sys.argv[1], 'rb') as file:
            header = json.loads(file.read(struct.unpack('<Q', file.read(8))[0]))
            start, state = file.tell(), {}
            for name, tensor in header.items():
                if name != '__metadata__':
                    begin, end = tensor['data_offsets']
                    file.seek(start + begin)
                    state[name] = torch.frombuffer(bytearray(file.read(end - begin)), dtype=torch.float32).reshape(tensor['shape'])
        print(torch.__version__, flush=True)
        for _ in sys.stdin:
            clock = time.perf_counter()
            with open(sys.argv[2], 'wb') as target:
                torch.save(state, target)
                target.flush()
                os.fsync(target.fileno())
            print(time.perf_counter() - clock, flush=True)
            os.remove(sys.argv[2])
        """;

    private readonly Process process;

    private TorchSaver(Process process, string version) => (this.process, Version) = (process, version);

    /// <summary>PyTorch's version.</summary>
    public string Version { get; }

    /// <summary>Starts Python and loads the model.</summary>
    /// <param name="model">The dense safetensors file.</param>
    /// <param name="target">The file that is written.</param>
    /// <returns><see langword="null"/> where the system's Python has no PyTorch.</returns>
    public static TorchSaver? Start(string model, string target)
    {
        if (!File.Exists(Python))
        {
            return null;
        }

        var start = new ProcessStartInfo(Python, ["-c", Script, model, target])
        {
            UseShellExecute = false, RedirectStandardInput = true, RedirectStandardOutput = true,
        };
        var python = Process.Start(start)!;
        if (python.StandardOutput.ReadLine() is { } version)
        {
            return new TorchSaver(python, version);
        }

        python.Dispose();
        return null;
    }

    /// <summary>Saves once.</summary>
    /// <returns>Seconds.</returns>
    public double Save()
    {
        process.StandardInput.WriteLine();
        process.StandardInput.Flush();
        return double.Parse(
            process.StandardOutput.ReadLine() ?? throw new EndOfStreamException("Python ended."), CultureInfo.InvariantCulture);
    }

    public void Dispose()
    {
        process.Kill();
        process.WaitForExit();
        process.Dispose();
    }
}
