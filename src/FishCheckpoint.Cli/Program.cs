using FishCheckpoint.Cli;
using FishCheckpoint.Cli.Hosting;
using FishCheckpoint.Cli.Output;
using FishCheckpoint.Errors;

var terminal = Terminal.OfProcess();
try
{
    return await FishCommandLine.RunAsync(args, new Shell(terminal, SettingsFile.Load()));
}
catch (FishException error)
{
    return Failure.Print(terminal, error, args.Contains("--json", StringComparer.Ordinal));
}
