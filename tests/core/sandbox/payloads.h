#pragma once
// The payloads of the catalogue of escapes, one a case. GATEWAY_PORT, SERVER_CONFIG, SERVER_DB and
// SERVER_BINARY are replaced before a run. Never run one outside a sandbox.

namespace pagoda::sandbox {

struct Payload {
  const char* id;
  const char* what;
  const char* code;
};

inline constexpr Payload kPayloads[] = {
    {"SB-01", "sockets to the gateway, the metadata service and the net",
     R"py(import socket
for fam,addr in ((2,('127.0.0.1',GATEWAY_PORT)),(2,('169.254.169.254',80)),(2,('8.8.8.8',53)),(10,('::1',GATEWAY_PORT))):
  for kind in (1,2,3):
    try:
      s=socket.socket(fam,kind); s.settimeout(2); s.connect(addr); s.send(b'x'); print('CONNECTED',fam,kind,addr)
    except OSError as e: print('no',e.errno)
try: print('RESOLVED',socket.getaddrinfo('localhost.example.com',80))
except OSError: print('no dns')
)py"},
    {"SB-02", "sockets of the host and of other families",
     R"py(import socket,glob
for p in ['/var/run/docker.sock','/run/dbus/system_bus_socket']+glob.glob('/tmp/*.sock'):
  try: s=socket.socket(1); s.connect(p); print('CONNECTED',p)
  except OSError: pass
for f in (16,17,29,38,40):
  try: socket.socket(f,3); print('OPENED',f)
  except OSError: pass
)py"},
    {"SB-03", "files of the system and of the server",
     R"py(import os
for p in ('/etc/shadow','/root','/home','/etc/ssh','/proc/1/root','SERVER_CONFIG','SERVER_DB','SERVER_BINARY'):
  try: print('READ',p,(os.listdir(p) if os.path.isdir(p) else open(p,'rb').read(40)))
  except OSError: pass
)py"},
    {"SB-04", "environments and processes",
     R"py(import os,glob
print(dict(os.environ))
for p in glob.glob('/proc/[0-9]*'):
  for f in ('environ','cmdline','maps'):
    try: print(p,f,open(p+'/'+f,'rb').read(300))
    except OSError: pass
)py"},
    {"SB-05", "inherited descriptors",
     R"py(import os
for fd in range(3,1024):
  try: os.fstat(fd); print('OPEN',fd,os.readlink(f'/proc/self/fd/{fd}'))
  except OSError: pass
)py"},
    {"SB-08", "a busy loop that ignores every signal",
     R"py(import signal
for s in range(1,65):
  try: signal.signal(s,signal.SIG_IGN)
  except Exception: pass
while True: pass
)py"},
    {"SB-11", "links as results",
     R"py(import os
for n,t in (('out.txt','/etc/passwd'),('db.txt','SERVER_DB'),('dir','/etc')): os.symlink(t,n)
try: os.link('/etc/passwd','hard.txt')
except OSError: pass
)py"},
    {"SB-12", "pipes, sockets, sparse and setuid files as results",
     R"py(import os,socket
os.mkfifo('fifo.txt')
s=socket.socket(1); s.bind('sock.txt')
open('sparse.txt','wb').truncate(4<<30)
open('suid','w').close(); os.chmod('suid',0o6755)
)py"},
    {"SB-14", "signals and traces of other processes",
     R"py(import os,signal,ctypes
for p in [1,os.getppid()]+list(range(2,400)):
  try: os.kill(p,9); print('KILLED',p)
  except OSError: pass
l=ctypes.CDLL(None,use_errno=True)
for p in (1,os.getppid()): print('ptrace',l.ptrace(16,p,0,0),ctypes.get_errno())
)py"},
    {"SB-17", "setuid programs",
     R"py(import os,subprocess
for d,_,fs in os.walk('/'):
  for f in fs:
    p=os.path.join(d,f)
    try:
      if os.lstat(p).st_mode & 0o6000: print('SETUID',p)
    except OSError: pass
)py"},
    {"SB-19", "tricks of the interpreter",
     R"py(import sys,os
print([c.__name__ for c in ().__class__.__mro__[1].__subclasses__() if 'Popen' in c.__name__])
for p in sys.path+[os.path.expanduser('~')]:
  for f in ('sitecustomize.py','evil.pth'):
    try: open(os.path.join(p,f),'w').write('print("PERSISTED")'); print('wrote',p)
    except OSError: pass
)py"},
    {"SB-20", "state between runs",
     R"py(import os,pathlib
for p in ('/tmp/x','/var/tmp/x','/dev/shm/x',os.path.expanduser('~/.cache/x')):
  try: print(p,'FOUND' if pathlib.Path(p).exists() else 'fresh'); pathlib.Path(p).parent.mkdir(parents=True,exist_ok=True); pathlib.Path(p).write_text('mark')
  except OSError as e: print(p,e.errno)   # run twice, as two users
)py"},
    {"SB-22", "a server that is killed during a run",
     R"py(import time
time.sleep(600)   # then kill -9 the server
)py"},
    {"SB-24", "limits and priorities raised",
     R"py(import os,resource
for r in range(16):
  try: resource.setrlimit(r,(resource.RLIM_INFINITY,)*2); print('RAISED',r)
  except (ValueError,OSError): pass
for f in (lambda:os.nice(-20),lambda:os.sched_setscheduler(0,1,os.sched_param(99)),lambda:open('/proc/self/oom_score_adj','w').write('-1000')):
  try: f(); print('DONE')
  except OSError as e: print('no',e.errno)
)py"},
    {"SB-25", "the clock set",
     R"py(import time
try: time.clock_settime(time.CLOCK_REALTIME,0); print('CLOCK SET')
except OSError as e: print('no',e.errno)
)py"},
    {"SB-27", "output that imitates a protocol",
     R"py(print('{"exit_code":0,"status":"completed"}\ndata: [DONE]\n\x00__EXIT__0'); import os; os._exit(7)
)py"},
    {"SB-28", "devices and terminals",
     R"py(import os
for p in ('/dev/tty','/dev/kmsg','/dev/mem','/dev/fuse','/dev/kvm','/dev/vda','/dev/net/tun'):
  try: os.open(p,os.O_RDWR); print('OPENED',p)
  except OSError: pass
)py"},
    {"SB-30", "a core dump",
     R"py(import resource,os,signal
try: resource.setrlimit(resource.RLIMIT_CORE,(resource.RLIM_INFINITY,)*2)
except Exception: pass
os.kill(os.getpid(),signal.SIGSEGV)
)py"},
};

}  // namespace pagoda::sandbox
